"""What lies under the map: nothing, a file, or a tile service of the person's own choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.canvas.ground import TIANDITU, GroundError, check_template, known_attribution
from gui.dialogs import by_ctrl_enter, choose, scrolling, sized
from gui.settings import Basemap
from gui.words import Speaker, error_words
from sanxian.i18n import N_, _

KINDS = (("", N_("不用底图")), ("file", N_("本机文件（GeoTIFF、MBTiles，不联网）")), ("online", N_("在线瓦片服务（联网）")))
PRESETS = (
    ("", N_("自己填写")),
    ("vec,cva", N_("天地图 矢量")), ("img,cia", N_("天地图 影像")), ("ter,cta", N_("天地图 地形")),
)


class BasemapDialog(QDialog, Speaker):
    """Choose; nothing is asked of any service from here.

    Args:
        former: What is set now.
        cached: Bytes of tiles on the disk.
        clear: Throws them away.
    """

    def __init__(self, former: Basemap, cached: Callable[[], int], clear: Callable[[], None],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._former, self._cached = former, cached
        self.setObjectName("basemap_dialog")
        self.setAttribute(Qt.WA_DeleteOnClose)
        sized(self, 720, 680)
        self.say(self.setWindowTitle, N_("底图"))
        self.kinds: dict[str, QRadioButton] = {}
        group = QButtonGroup(self)
        for kind, text in KINDS:
            button = QRadioButton(objectName=f"basemap_{kind or 'none'}")
            self.say(button.setText, text)
            button.setChecked(kind == former.kind)
            button.toggled.connect(lambda _on: self._enable())
            group.addButton(button)
            self.kinds[kind] = button
        self.path = QLineEdit(former.path, objectName="basemap_path")
        self.say(self.path.setAccessibleName, N_("底图文件"))
        self.browse = QPushButton(objectName="basemap_browse", autoDefault=False)
        self.say(self.browse.setText, N_("选择文件…"))
        self.browse.clicked.connect(lambda _checked=False: self._browse())
        self.preset = QComboBox(objectName="basemap_preset")
        for key, _text in PRESETS:
            self.preset.addItem("", key)
        self.preset.activated.connect(lambda _row: self._fill())
        self.urls = QPlainTextEdit("\n".join(former.urls), objectName="basemap_urls", tabChangesFocus=True)
        self.urls.setMinimumHeight(72)
        self.say(self.urls.setPlaceholderText, N_(
            "每行一个地址，用 {z} {x} {y} 表示级别、列、行，{s} 表示 0–7 的分机号，{key} 表示密钥；后面的行画在上面"))
        self.urls.textChanged.connect(lambda: self._enable())
        self.key = QLineEdit(former.key, objectName="basemap_key", echoMode=QLineEdit.Password)
        self.grid = QComboBox(objectName="basemap_grid")
        for name in ("w", "c"):
            self.grid.addItem("", name)
        self.grid.setCurrentIndex(max(0, self.grid.findData(former.grid)))
        self.highest = QSpinBox(objectName="basemap_highest", minimum=1, maximum=22, value=former.highest)
        self.cache = QLabel(objectName="basemap_cache")
        self.clear = QPushButton(objectName="basemap_clear", autoDefault=False)
        self.say(self.clear.setText, N_("清空缓存"))
        self.clear.clicked.connect(lambda _checked=False: (clear(), self._say_cache()))
        self.opacity = QSlider(Qt.Horizontal, objectName="basemap_opacity", minimum=10, maximum=100,
                               value=round(former.opacity * 100))
        self.attribution = QLineEdit(former.attribution, objectName="basemap_attribution")
        self.say(self.attribution.setToolTip, N_("写在地图右下角，复制的地图上也有；留空时用文件自带的，或所知服务要求的"))
        self.note = QLabel(wordWrap=True, objectName="basemap_note")
        theme.tone(self.note, "muted")
        self.say(self.note.setText, N_(
            "只请求地图当前范围内的瓦片，服务方由此会知道您在看哪一带；项目用地的坐标、属性和研判结果从不发送。地址和密钥只存在本机的用户设置里，不写入工作区和报告。"
            "涉密数据请用本机文件。取回的瓦片存在本机，断网时仍可显示。"))
        self.wrong = QLabel(wordWrap=True, objectName="basemap_wrong")
        theme.tone(self.wrong, "wrong")
        self.wrong.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        for which, text in ((QDialogButtonBox.Ok, N_("确定")), (QDialogButtonBox.Cancel, N_("取消"))):
            self.say(self.buttons.button(which).setText, text)
        self.buttons.accepted.connect(self._take)
        self.buttons.rejected.connect(self.reject)
        by_ctrl_enter(self, self.buttons.button(QDialogButtonBox.Ok))
        file_row, cache_row = QHBoxLayout(), QHBoxLayout()
        file_row.setContentsMargins(24, 0, 0, 0)
        file_row.addWidget(self.path, 1)
        file_row.addWidget(self.browse)
        cache_row.addWidget(self.cache, 1)
        cache_row.addWidget(self.clear)
        form, bottom = QFormLayout(), QFormLayout()
        form.setContentsMargins(24, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.ExpandingFieldsGrow)
        for place, text, field, widget in (
            (form, N_("常用服务"), self.preset, self.preset), (form, N_("瓦片地址"), self.urls, self.urls),
            (form, N_("密钥"), self.key, self.key), (form, N_("瓦片坐标系"), self.grid, self.grid),
            (form, N_("最大级别"), self.highest, self.highest), (form, N_("已存瓦片"), cache_row, None),
            (bottom, N_("版权注记"), self.attribution, self.attribution), (bottom, N_("不透明度"), self.opacity, self.opacity),
        ):
            label = QLabel()
            self.say(label.setText, text)
            if widget is not None:
                label.setBuddy(widget)
                self.say(widget.setAccessibleName, text)
            place.addRow(label, field)
        box = QVBoxLayout()
        box.addWidget(self.kinds[""])
        box.addWidget(self.kinds["file"])
        box.addLayout(file_row)
        box.addWidget(self.kinds["online"])
        box.addLayout(form)
        box.addWidget(self.note)
        box.addLayout(bottom)
        box.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(scrolling(box), 1)
        layout.addWidget(self.wrong)
        layout.addWidget(self.buttons)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        for row, (_key, text) in enumerate(PRESETS):
            self.preset.setItemText(row, _(text))
        for row, text in enumerate((_("网络墨卡托（EPSG:3857）"), _("经纬度（CGCS2000，EPSG:4490）"))):
            self.grid.setItemText(row, text)
        self.wrong.hide()
        self._say_cache()
        self._enable()

    def _say_cache(self) -> None:
        self.cache.setText(_("{size} MB（最多 256 MB）").format(size=f"{self._cached() / 2**20:.1f}"))

    def kind(self) -> str:
        """What is chosen."""
        return next(kind for kind, button in self.kinds.items() if button.isChecked())

    def _enable(self) -> None:
        kind = next((kind for kind, button in self.kinds.items() if button.isChecked()), "")
        for widget in (self.path, self.browse):
            widget.setEnabled(kind == "file")
        for widget in (self.preset, self.urls, self.key, self.grid, self.highest):
            widget.setEnabled(kind == "online")
        for widget in (self.opacity, self.attribution):
            widget.setEnabled(bool(kind))
        known = known_attribution([line.strip() for line in self.urls.toPlainText().splitlines()]) if kind == "online" else ""
        self.attribution.setPlaceholderText(known or (_("文件自带的注记") if kind == "file" else ""))

    def _fill(self) -> None:
        layers = self.preset.currentData()
        if layers:
            self.urls.setPlainText("\n".join(TIANDITU.format(layer=one, grid="c") for one in layers.split(",")))
            self.grid.setCurrentIndex(self.grid.findData("c"))

    def _browse(self) -> None:
        kinds = _("底图") + " (*.mbtiles *.tif *.tiff *.vrt *.jp2 *.img);;" + _("所有文件 (*)")
        path = choose.file(self, _("底图文件"), kinds, start=self.path.text().strip())
        if path is not None:
            self.path.setText(str(path))

    def choice(self) -> Basemap:
        """What is set in the fields."""
        urls = tuple(line.strip() for line in self.urls.toPlainText().splitlines() if line.strip())
        return replace(self._former, kind=self.kind(), path=self.path.text().strip(), urls=urls, key=self.key.text().strip(),
                       grid=self.grid.currentData(), highest=self.highest.value(),
                       attribution=self.attribution.text().strip(), opacity=self.opacity.value() / 100)

    def _take(self) -> None:
        chosen = self.choice()
        wrong = ""
        if chosen.kind == "file" and not Path(chosen.path).is_file():
            wrong = _("请选择底图文件。") if not chosen.path else _("找不到底图文件“{name}”。").format(name=chosen.path)
        elif chosen.kind == "online":
            if not chosen.urls:
                wrong = _("请填写瓦片地址。")
            for url in chosen.urls:
                try:
                    check_template(url, chosen.key)
                except GroundError as error:
                    wrong = error_words(error)
        self.wrong.setText(wrong)
        self.wrong.setVisible(bool(wrong))
        if not wrong:
            self.accept()
