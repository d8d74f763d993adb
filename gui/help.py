"""Help for the thing in focus: a short page for each part of the window, in the language of the window."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from gui.part import Part
from gui.words import Speaker
from sanxian.i18n import N_, _

# Class of the widget: title, and its paragraphs.
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "MapCanvas": (N_("地图"), (
        N_("滚轮缩放，按住中键或空格拖动平移，Shift 拖动框选放大。Ctrl+K 转到坐标、单元编码、区县、排污口或项目。"),
        N_("绘制时：单击加点，双击或回车结束，退格撤点，Esc 取消；Ctrl+6 按方位角和距离加点。"),
        N_("只用键盘：方向键移动十字光标（Shift 大步，Ctrl 一个像素，到图边地图跟着移），空格或回车单击，同一处再按回车结束绘制；"
           "选择和框选时空格定一角、再按定对角；修改边界时 N 到下一个顶点，空格拿起、再按放下。Esc 收起光标。"),
        N_("绘制、修改和量测时，光标捕捉附近看得见的顶点；F3 关闭或打开捕捉。"),
        N_("修改边界时：拖动顶点，拖动边中间的小圆点加点，Delete 删点，拖动内部移动整块用地；拖动时研判结果随位置变化，放下后才写入。"),
    )),
    "LayersPanel": (N_("图层列表"), (
        N_("勾选显示图层，拖动调整上下顺序。右键可缩放、打开属性表、改颜色、重命名、移除。"),
        N_("可新建图层组，把图层拖进拖出，或用 Ctrl+Shift+上下方向键移动；组可改名、折叠、整组显示或隐藏，随工作区保存。"),
        N_("图层旁的三角号：红色表示读不出来，黄色表示坐标系或数据有疑问，悬停看原因。"),
        N_("隐藏图层只影响显示：研判总是使用工作区内现行的全部图层。"),
        N_("Ctrl 单击勾选框，同组图层一起显示或隐藏。右键“导出图层”写成 GeoPackage、Shapefile 或 GeoJSON，存不下的逐条说明；"
           "“复制样式”“粘贴样式”用于几何类型相同的图层。"),
    )),
    "StylePanel": (N_("图层样式"), (
        N_("先选画法：单一符号、按值分类、按数值分级或按规则。改动立刻画在地图上；“应用”记为可撤销的一步并随工作区保存，“取消”恢复原样。"),
        N_("表里可选几类一起改颜色、图案、线宽；勾去的类不画。规则自上而下，每个要素按第一条符合的规则绘制。"),
        N_("图件、网页地图和报告用同样的样式，QGIS 打开工作区时也是。"),
        N_("可导入、导出 QGIS 的 QML 和 OGC 的 SLD；带不过来的逐条说明。"),
    )),
    "BatchPanel": (N_("批量研判"), (
        N_("研判一个文件里的全部项目，结论与逐个研判相同；"
           "在另一个进程里进行，可以停止，再次运行会接着做。成果是 GeoParquet 文件，命令行做的也能打开。"),
        N_("按结论或字词筛选，单击表头排序；选中一行，地图上显示该项目，右边列出起作用的规则。“加入项目列表”可逐条细看理由。"),
    )),
    "BasemapDialog": (N_("底图"), (
        N_("底图画在所有图层下面，只作参照，不参与研判，也不进工作区和报告。默认没有底图，也不联网。"),
        N_("本机文件可用 GeoTIFF 和 MBTiles。在线服务用自己的地址和密钥，第一次使用前会问；"
           "只请求地图当前范围内的瓦片，取回的存在本机，断网可用。"),
    )),
    "ProjectsPanel": (N_("项目列表"), (
        N_("每行一个建设项目。双击缩放到项目，右键研判或删除所选；可按结论筛选，按编号、名称查找。"),
        N_("选中几行后，编辑菜单可把它们合并为一块用地；各不相同的属性合并后成为未知。"),
        N_("Ctrl+V 把剪贴板里的 WKT、GeoJSON 或坐标粘贴为项目用地，在地图上也行；没有写明坐标系的会先问。"),
    )),
    "SiteForm": (N_("项目属性"), (
        N_("没有填的就是“未知”，不等于“否”：缺少的资料会使相应条款成为“资料不足”，并说明要补什么。"),
        N_("行业可用日常用语查找，对应《国民经济行业分类》GB/T 4754 的代码。勾选“只看缺少的”，只列出研判需要而未填的。"),
    )),
    "VerdictPanel": (N_("研判结果"), (
        N_("总结论取各条中最严的一条；“资料不足”排在它可能成为的结论之下。上方按钮按结论筛选，左侧可按维度、结论或效力分组。"),
        N_("选一条：解释、证据（单击在地图上显示）、清单条款、推理过程。距离都注明从哪条线量起；接近临界时写明余量。"),
        N_("结论只在判定基准日那天的法律下成立；改变项目、图层或规则后须重新研判。结论随工作区保存，再打开时凡有不同的都标“待重判”。初筛结论不代替行政许可。"),
    )),
    "IdentifyPanel": (N_("识别"), (
        N_("用“识别要素”单击地图，自上而下列出各图层的要素、属性和量算值（椭球面上），以及栅格在此处的值。"),
        N_("要素很多时每层列前 100 个，展开才读属性。右键可复制或缩放到要素。"),
        N_("上面可选全部图层或只看当前图层。"
           "右键可把要素复制为 GeoJSON（经纬度）或 WKT（图层自己的坐标系），在图层一行上则是此处的全部要素。"),
    )),
    "TaskList": (N_("任务与消息"), (
        N_("左边是正在进行、等待和已结束的任务，可停止选中的一项；失败的悬停看原因。右边是程序说过的话，可复制。"),
    )),
    "TableDialog": (N_("属性表"), (
        N_("单击表头排序，再击倒序，第三次恢复原来的顺序；空值总在最后。选中的行与地图上选中的要素一致。"),
        N_("导出时可选所选的行或当前显示的行；数字列仍为数字，文字列一律为文字，不会被当作公式执行。导出是一项任务，可以停止。"),
        N_("自己的图层（“其他矢量图层”，没有规则要看的）可以直接改：F2、回车或双击打开单元格；回车收下并到下一行，Tab 收下并到下一格，"
           "Esc 放弃。留空就是未知，不等于 0 或“否”；不合字段类型的写法不收，并说明要写成什么。"),
        N_("改动当即写入工作区、记入历史，Ctrl+Z 撤销；排序和查找的结果不因此变动，再点一次才重排。"
           "“填充所选”把当前单元格的值填入所选各行。"),
        N_("结论所依据的图层和排污口台账只读，表下写着原因：请在来源文件中改好，再作为新版本加入。只读的表双击缩放到要素；"
           "可编辑的表用“缩放到所选”或 Ctrl+J。"),
        N_("Ctrl+R 反选，Ctrl+T 把所选行排到最前，Ctrl+J 缩放到所选；这些键只在属性表窗口里有效，可在“操作与快捷键”里改。"
           "右键可复制行，或复制为 GeoJSON、WKT。Shift+F6 只列选中的要素。"),
    )),
    "SheetDialog": (N_("图件排版"), (
        N_("左边是图面预览，与导出的文件用同一套画法。“在地图上框选”回到地图拖出图幅范围；撤销、重做只管这个窗口里的选择。"),
        N_("“检查”页列出出图前的问题和改法；有错误时不写文件。标为秘密及以上的图层默认拒绝出图，可改为不画或概略表示。"),
        N_("模板可存入工作区，也可存为文件分享。图集给一个图层的每个要素出一幅，文件名取自所选字段。"),
    )),
    "RuleManager": (N_("规则管理"), (
        N_("规则随法律的施行日期变化：这里列出判定基准日那天每条规则的状态、条件、依据和核验日期。"),
        N_("法律没有定死的距离由你设定并记入成果；本地规则包和公布的准入清单在“规则包”页加入工作区。"),
    )),
    "ClauseReview": (N_("准入清单条款审核"), (
        N_("程序读懂的条款标为“机读待核”，在有人核定之前不产生结论；看不懂的保留原文，由人判定。"),
    )),
    "OverrideDialog": (N_("人工复核"), (
        N_("复核要写明理由、复核人和日期，可设期限。它与程序的结论并列显示，永远不替代程序的结论。"),
    )),
    "Keys": (N_("操作与快捷键"), (
        N_("选一项操作，按下新的快捷键，再按“设为快捷键”。改过的以粗体显示；与别的操作重复时会说明。"),
    )),
    "ImportDialog": (N_("导入数据"), (
        N_("逐页回答：编码和坐标系、字段对应、取值含义、图形修复。每页都写着程序依据什么这样判断；拿不准的要由人确认后才能导入。"),
        N_("坐标系有疑问时，候选位置画在小地图上，选中与实地相符的一个。字段和取值的对应会记住，下次导入同一来源时照用并说明。"),
        N_("年份、比例尺或精度、覆盖范围写得越清楚，结论越肯定：没有声明的覆盖范围按行政区认定并注明。"),
    )),
    "OutletsPanel": (N_("排污口台账"), (
        N_("每行一个入河排污口，按环节、河流、区县和是否逾期筛选。选中一行，地图上显示，“排污口办理”列出它的环节和依据。"),
        N_("没有坐标的排污口也在册、也计数，地图上注明少了几个。空缺就是未知，不当作“否”。"),
    )),
    "OutletCard": (N_("排污口办理"), (
        N_("“办理”页自上而下是已办的环节和依据，下一步写明要哪些文件；重新打开要写原因。"
           "“上下游”“水质”“建议与问题”各有一页，建议注明依据的条款。"),
        N_("登记、批量更新和导入都可以撤销；照片和文件记下摘要，改动或丢失会提示。"),
    )),
    "BoardPanel": (N_("排污口看板"), (
        N_("每项指标都写出分子、分母和不清楚的个数，可按河流、区县、分类分组；竖线是目标，来自“导入目标”。"
           "排查率的分母可选全部岸线或台账所在区县。"),
        N_("未排查的岸线不算“没有排污口”。"),
    )),
    "FindingsPanel": (N_("检查发现"), (
        N_("数据检查发现的问题，画在地图上：错误为菱形，存疑为三角，提示为圆点。选中一条缩放到它，写明怎么改。"),
        N_("可标为已改正，或写明理由接受，都可以撤销；清单可导出为 Excel 或地图图层，交给数据提供方。检查不改动数据。"),
    )),
    "CoveragePanel": (N_("覆盖台账"), (
        N_("每个图层覆盖了本区的哪些部分、依据什么；选中一行，斜线处就是没有覆盖的地方。"),
        N_("没有覆盖的地方没有压占，不等于没有限制：那里的结论是“资料不足”，并写明要补的图层。"),
    )),
    "CoordinatesDialog": (N_("输入坐标"), (
        N_("一行一个点，度、度分秒或高斯平面坐标都可以，从文档或表格粘贴即可；带带号的按带号，不带的按地图的分度带。读不懂的行会指出来。"),
        N_("选面状、线状或点状；读出的形状和大小写在下面，确定前核对一遍。"),
    )),
    "GoTo": (N_("转到坐标或地点"), (
        N_("输入坐标、管控单元编码、区县、排污口或项目的名称的一部分，用上下键选，回车前往。找的是工作区里的数据，不联网。"),
    )),
    "SystemDialog": (N_("地图的坐标系"), (
        N_("输入名称、带号、中央子午线或 EPSG 代码，用上下键选，回车采用。只换地图的画法，图层和项目仍按各自的坐标系量算。"),
    )),
    "StatisticsDialog": (N_("分区统计"), (
        N_("管控单元、生态保护红线等按区县和类别统计，面积在椭球面上量算，重叠只计一次；没有覆盖的面积单列。"),
        N_("可复制表格，导出 Excel、Word、网页或 JSON；数字都注明边界和数据版本。"),
    )),
    "FilterDialog": (N_("筛选要素"), (
        N_("符合条件的要素显示在地图上，其余隐藏；研判、检查和导出仍用全部要素。多个值用 ; 分隔，符合其一即可。"),
    )),
    "SelectDialog": (N_("按条件选择"), (
        N_("选中当前图层里符合条件的要素，下面写着有几个。多个值用 ; 分隔；“至少”“至多”按数值比较。"
           "选中的要素在地图和属性表里都标出。"),
    )),
    "RuleDialog": (N_("规则的条件"), (
        N_("这条样式规则画哪些要素。规则自上而下，每个要素按第一条符合的画；不符合任何一条的按“其余要素”。"),
    )),
    "ExportReport": (N_("导出研判报告"), (
        N_("选类型和篇幅：Word、PDF、网页、Excel、JSON、GeoPackage 或证据包。"
           "报告写明判定基准日和每个图层、规则的摘要，别人可以据此复核；证据包可以离线复算。"),
        N_("写入结论仍然有效的全部项目，也可只写选中的或当前的；待重判和未研判的不写，会点名。标有密级的图层默认不写，由人决定。"),
    )),
    "HistoryDialog": (N_("历史与备份"), (
        N_("谁在什么时候改了工作区文件的什么。改动图层之前自动留一份备份，最多 10 份，可以恢复；恢复时现在的文件也留成备份。"),
    )),
    "LayerProperties": (N_("图层属性"), (
        N_("图层的来源、版本、日期、精度、坐标系、覆盖范围、密级和历次改动。精度决定临近界线时的余量，"
           "覆盖范围决定“没有压占”能不能算数。"),
    )),
    "BearingDialog": (N_("按方位角和距离加点"), (
        N_("从上一个点起，按方位角（真北沿大地线，或坐标北在投影平面上）和距离加下一个点；先用绘制工具放下第一个点。"),
    )),
    "Bookmarks": (N_("书签"), (
        N_("双击或“转到”回到那时的范围；F2 改名，Del 移除，都可以撤销。书签随工作区保存，不影响研判。"),
    )),
    "PreviewDialog": (N_("更新预览"), (
        N_("表格会带来的改动，逐格列出原值和新值；读不进的行和原因在下面。按下按钮才写入，写入后可以撤销。"),
    )),
    "RuleFolders": (N_("规则包目录"), (
        N_("放自己规则包的文件夹，研判时与内置规则一起用；规则包有错会说明并整包不用。改动后以前的结论标为过时。"),
    )),
    "AddPack": (N_("添加规则包"), (
        N_("把自己的规则包加入工作区：先检查，逐条列出错误和疑问；有错误的不能加入。加入后以前的结论标为过时，可以撤销。"),
    )),
    "AddList": (N_("添加准入清单"), (
        N_("从 Excel 读入公布的准入清单，逐条照录原文，注明文件、范围和施行日期；机器读懂的条款在有人核定之前不产生结论。"),
    )),
    "Listing": (N_("核对清单"), (
        N_("程序要你过目的逐条说明；每条写明是哪一处、为什么。关闭不改动任何东西。"),
    )),
    "BatchDialog": (N_("批量研判的文件"), (
        N_("选项目文件和成果文件；字段名看不懂的，先在命令行用 --map 说明，或逐个导入。成果是 GeoParquet，"
           "中途停止后用同样的文件再次运行会接着做。"),
    )),
    "Waiting": (N_("等待未完成的工作"), (
        N_("窗口在等一项工作完成，上面写明是哪一项；按“不等了”就不再等。写到一半的文件不会留下。"),
    )),
    "About": (N_("关于三线"), (
        N_("程序的版本、许可证和所用软件。研判结果是初筛，不代替行政许可。"),
    )),
    "StatusBar": (N_("状态栏"), (
        N_("自左至右：消息、进行中的任务、正在绘制的大小、光标处坐标（按下换格式）、比例尺（可直接输入）、地图坐标系（按下更换）。"),
    )),
    "Welcome": (N_("开始"), (
        N_("先打开示范区看一遍：虚构的县区，六十多个项目，每种结论都有。自己的数据从“新建工作区”开始，再把文件拖进窗口。"),
        N_("最近打开的工作区右键可置顶或从列表移除，Del 也可移除；灰色的找不到了，文件本身都不动。"),
    )),
}


def page_of(widget: QWidget | None) -> str:
    """The page for a widget: that of the nearest part round it that has one; '' for none."""
    at: Any = widget
    while at is not None:
        if type(at).__name__ in PAGES:
            return type(at).__name__
        at = at.parentWidget()
    return ""


class HelpDialog(QDialog, Speaker):
    """One page, and the way to the others.

    Attributes:
        page: The key of the page that is shown.
    """

    def __init__(self, page: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.page = page
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.resize(520, 360)
        self.text = QTextBrowser(objectName="help_text", openLinks=False)
        self.text.anchorClicked.connect(lambda url: self.show_page(url.toString()))
        self.say(self.text.setAccessibleName, "帮助")
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        buttons.rejected.connect(self.reject)
        self.say(buttons.button(QDialogButtonBox.Close).setText, "关闭")
        layout = QVBoxLayout(self)
        layout.addWidget(self.text, 1)
        layout.addWidget(buttons)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        self.show_page(self.page)

    def show_page(self, page: str) -> None:
        """Show another page."""
        self.page = page if page in PAGES else "MapCanvas"
        title, paragraphs = PAGES[self.page]
        self.setWindowTitle(_("帮助 — {title}").format(title=_(title)))
        others = " · ".join(f"<a href='{key}'>{escape(_(name))}</a>" for key, (name, _text) in PAGES.items() if key != self.page)
        self.text.setHtml(f"<h3>{escape(_(title))}</h3>" + "".join(f"<p>{escape(_(one))}</p>" for one in paragraphs)
                          + f"<hr><p>{others}</p>")


class Help(Part):
    """A part of the window."""

    def jobs(self) -> dict[str, Callable[[], Any]]:
        return {"help": self.show}

    def menu_ready(self) -> None:
        # in the dialogs that stay open beside the window too
        self._window.actions_by_id["help"].setShortcutContext(Qt.ApplicationShortcut)

    def show(self) -> HelpDialog:
        """Help for what the keyboard is at; does not wait."""
        at = QApplication.focusWidget()
        page = page_of(at) or ("Welcome" if self._window.session.workspace is None else "MapCanvas")
        dialog = HelpDialog(page, at.window() if at is not None else self._window)
        dialog.show()
        return dialog
