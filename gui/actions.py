"""Everything a person can do, as one table: menus, toolbar, shortcuts and tests are made from it."""

from __future__ import annotations

from dataclasses import dataclass

from sanxian.i18n import N_


@dataclass(frozen=True)
class Spec:
    """One action.

    Attributes:
        needs: What must be there before it can be used: ``""`` (nothing), ``ready`` (the slow imports), ``workspace``,
            ``site`` (a current project), ``layer`` (a current layer), ``row`` (that or a group of layers), ``result``
            (at least one verdict), ``running``.
        group: Actions of one group are exclusive and checkable.
        sub: The submenu of ``SUBMENUS`` that it stands in, '' for the menu itself.
        separate: Draw a line before it.
    """

    id: str
    menu: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    needs: str = "workspace"
    toolbar: bool = False
    checkable: bool = False
    group: str = ""
    separate: bool = False
    tip: str = ""
    sub: str = ""


MENUS = (
    ("project", N_("项目(&P)")),
    ("edit", N_("编辑(&E)")),
    ("view", N_("视图(&V)")),
    ("layer", N_("图层(&L)")),
    ("screen", N_("研判(&J)")),
    ("outlets", N_("排污口(&D)")),
    ("settings", N_("设置(&S)")),
    ("help", N_("帮助(&H)")),
)

# Where their first action stands: whole menus fit a small screen with enlarged text (1366 by 768 at 150 %: 16 rows).
SUBMENUS = (
    ("parcel", N_("修整用地(&T)")), ("selecting", N_("选择(&S)")), ("zooming", N_("缩放(&Z)")), ("ground", N_("绘制与底图(&B)")),
    ("measuring", N_("量算(&M)")), ("looks", N_("样式(&S)")), ("order", N_("排列与显示(&O)")),
)

ACTIONS: tuple[Spec, ...] = (
    Spec("new", "project", N_("新建工作区…"), ("Ctrl+N",), "new", "ready", True),
    Spec("open", "project", N_("打开工作区…"), ("Ctrl+O",), "open", "ready", True),
    Spec("save", "project", N_("保存"), ("Ctrl+S",), "save", "workspace", True),
    Spec("save_as", "project", N_("另存为…"), ("Ctrl+Shift+S",)),
    Spec("demo", "project", N_("打开示范区"), (), "demo", "ready"),
    Spec("import_projects", "project", N_("导入项目文件…"), ("Ctrl+I",), "import", toolbar=True, separate=True),
    Spec("export", "project", N_("导出研判报告…"), ("Ctrl+E",), "export", "result", True),
    Spec("layout", "project", N_("图件排版…"), ("Ctrl+P",), "layer", tip=N_("排版并导出 PDF、SVG、PNG、TIFF 图件和图集")),
    Spec("web_map", "project", N_("导出网页地图…"), ("Ctrl+Alt+W",), "export"),
    Spec("history", "project", N_("历史与备份…"), ("Ctrl+H",), separate=True),
    Spec("close", "project", N_("关闭工作区"), ("Ctrl+W",)),
    Spec("quit", "project", N_("退出"), ("Ctrl+Q",), needs=""),
    Spec("undo", "edit", N_("撤销"), ("Ctrl+Z",), "undo", "undo", True),
    Spec("redo", "edit", N_("重做"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "redo", True),
    Spec("draw_polygon", "edit", N_("绘制面状用地"), ("Ctrl+1",), "polygon", toolbar=True, checkable=True, group="tool",
         separate=True),
    Spec("draw_line", "edit", N_("绘制线状用地"), ("Ctrl+2",), "line", toolbar=True, checkable=True, group="tool"),
    Spec("draw_point", "edit", N_("绘制点位"), ("Ctrl+3",), "point", toolbar=True, checkable=True, group="tool"),
    Spec("coordinates", "edit", N_("输入坐标…"), ("Ctrl+4",), "coordinates", toolbar=True),
    Spec("edit_site", "edit", N_("修改用地边界"), ("Ctrl+5",), "edit", "site", True, True, "tool"),
    Spec("snap", "edit", N_("捕捉"), ("F3",), checkable=True, tip=N_("绘制、修改和量测时光标捕捉附近的顶点和边线")),
    Spec("bearing", "edit", N_("按方位角和距离加点…"), ("Ctrl+6",)),
    Spec("cut_site", "edit", N_("拆分用地"), ("Ctrl+7",), needs="site", separate=True, sub="parcel"),
    Spec("pierce_site", "edit", N_("从用地挖除"), ("Ctrl+8",), needs="site", sub="parcel"),
    Spec("extend_site", "edit", N_("增补地块"), ("Ctrl+9",), needs="site", sub="parcel"),
    Spec("corridor", "edit", N_("线状用地生成廊道…"), (), needs="site", sub="parcel"),
    Spec("merge_sites", "edit", N_("合并所选项目…"), ("Ctrl+M",), needs="site", sub="parcel"),
    Spec("paste", "edit", N_("粘贴为项目用地"), ("Ctrl+V",), tip=N_("剪贴板里的 WKT、GeoJSON 或坐标成为项目用地")),
    Spec("delete_site", "edit", N_("删除项目"), ("Del",), "delete", "site", separate=True),
    Spec("copy_map", "edit", N_("复制地图"), ("Ctrl+Shift+C",), separate=True),
    Spec("copy_place", "edit", N_("复制光标处坐标"), ("Ctrl+Alt+C",)),
    Spec("pan", "view", N_("平移"), ("Ctrl+Shift+P",), "pan", toolbar=True, checkable=True, group="tool"),
    Spec("select", "view", N_("选择"), ("Ctrl+Shift+K",), "select", checkable=True, group="tool", sub="selecting"),
    Spec("select_polygon", "view", N_("画范围选择要素"), ("Ctrl+Alt+P",), sub="selecting"),
    Spec("select_radius", "view", N_("按半径选择要素"), ("Ctrl+Alt+R",), tip=N_("单击圆心，再输入半径"), sub="selecting"),
    Spec("select_place", "view", N_("按位置选择要素…"), ("Ctrl+Alt+S",),
         tip=N_("选中与所选要素、当前项目或一处坐标相交、在其中或不远的要素"), sub="selecting"),
    Spec("select_where", "layer", N_("按条件选择要素…"), ("Ctrl+F3",), needs="layer"),
    Spec("select_none", "view", N_("取消选择"), ("Ctrl+Shift+A",), sub="selecting"),
    Spec("identify", "view", N_("识别要素"), ("Ctrl+Shift+I",), "identify", toolbar=True, checkable=True, group="tool"),
    Spec("zoom_box", "view", N_("框选放大"), (), "zoom_box", toolbar=True, checkable=True, group="tool", sub="zooming"),
    Spec("full", "view", N_("全图"), ("Ctrl+Shift+F",), "full", toolbar=True, sub="zooming"),
    Spec("zoom_site", "view", N_("缩放到项目"), ("Ctrl+J",), "zoom_to", "site", sub="zooming"),
    Spec("last_view", "view", N_("上一视图"), ("Alt+Left",), sub="zooming"),
    Spec("next_view", "view", N_("下一视图"), ("Alt+Right",), sub="zooming"),
    Spec("go_to", "view", N_("转到坐标或地点…"), ("Ctrl+K", "Ctrl+G"), "coordinates", separate=True),
    Spec("add_bookmark", "view", N_("添加书签…"), ("Ctrl+B",)),
    Spec("refresh", "view", N_("重绘"), ("F5",), "refresh", sub="ground"),
    Spec("pause_drawing", "view", N_("暂停绘制"), ("Ctrl+F5",), checkable=True, tip=N_("图层很多很大时先不画，调好再画；仍可识别和选择"),
         sub="ground"),
    Spec("basemap_show", "view", N_("显示底图"), ("Ctrl+Alt+B",), checkable=True, sub="ground"),
    Spec("basemap", "view", N_("底图…"), (), "raster", "ready", tip=N_("选择本机底图文件，或自己的在线瓦片服务；默认不联网"), sub="ground"),
    Spec("measure_length", "view", N_("量距离"), ("Ctrl+Shift+M",), "measure", toolbar=True, checkable=True, group="tool",
         separate=True, sub="measuring"),
    Spec("measure_area", "view", N_("量面积"), ("Ctrl+Shift+J",), "area", toolbar=True, checkable=True, group="tool", sub="measuring"),
    Spec("measure_copy", "view", N_("复制量算结果"), ("Ctrl+Alt+M",), tip=N_("复制各段长度和合计"), sub="measuring"),
    Spec("next_panel", "view", N_("到下一个面板"), ("Ctrl+F6",), needs="", separate=True, tip=N_("键盘焦点移到下一个面板或地图")),
    Spec("last_panel", "view", N_("到上一个面板"), ("Ctrl+Shift+F6",), needs=""),
    Spec("panels", "view", N_("隐藏或显示所有面板"), ("Ctrl+Tab",), needs=""),
    Spec("fullscreen", "view", N_("全屏"), ("F11",), needs="", checkable=True),
    Spec("add_layer", "layer", N_("添加图层…"), ("Ctrl+L", "Ctrl+Shift+V"), "layer", toolbar=True),
    Spec("table", "layer", N_("属性表"), ("F6",), "table", "layer"),
    Spec("table_selected", "layer", N_("只看选中要素的属性表"), ("Shift+F6",), "table", "layer"),
    Spec("zoom_layer", "layer", N_("缩放到图层"), (), "zoom_to", "layer"),
    Spec("rename_layer", "layer", N_("重命名"), ("F2",), needs="row"),
    Spec("colour_layer", "layer", N_("图层颜色…"), ("Shift+F7",), needs="layer", sub="looks"),
    Spec("style_panel", "layer", N_("图层样式…"), ("F7",), "settings", "layer",
         tip=N_("按字段分类、分级或按规则绘制当前图层，地图随改随变"), sub="looks"),
    Spec("style_import", "layer", N_("导入样式…"), (), "import", "layer",
         tip=N_("读入 QGIS 的 QML 或 OGC 的 SLD，先在地图上试画"), sub="looks"),
    Spec("style_export", "layer", N_("导出样式…"), (), "export", "layer", tip=N_("把当前图层的样式写成 QML 或 SLD"), sub="looks"),
    Spec("style_copy", "layer", N_("复制样式"), (), needs="layer", sub="looks"),
    Spec("style_paste", "layer", N_("粘贴样式"), (), needs="layer", tip=N_("当前图层改用复制来的样式；几何类型要相同"), sub="looks"),
    Spec("swipe", "view", N_("卷帘对比"), ("Ctrl+F8",), "swipe", "layer", checkable=True, tip=N_("只在分隔线左侧显示当前图层")),
    Spec("layer_properties", "layer", N_("图层属性…"), ("Ctrl+Shift+Y",), "identify", "layer"),
    Spec("filter_layer", "layer", N_("筛选要素…"), ("Ctrl+F",), "filter", "layer"),
    Spec("export_layer", "layer", N_("导出图层…"), ("Ctrl+Alt+E",), "export", "layer", tip=N_("写成 GeoPackage、Shapefile 或 GeoJSON")),
    Spec("duplicate_layer", "layer", N_("复制图层"), ("Ctrl+Shift+N",), needs="layer"),
    Spec("remove_layer", "layer", N_("移除图层"), ("Ctrl+D",), "delete", "layer"),
    Spec("new_group", "layer", N_("新建图层组…"), ("Ctrl+Alt+G",), "group", separate=True,
         tip=N_("新建图层组，选中的图层放进去；也可把图层拖进拖出"), sub="order"),
    Spec("layer_up", "layer", N_("图层或组上移"), ("Ctrl+Shift+Up",), needs="row", sub="order"),
    Spec("layer_down", "layer", N_("图层或组下移"), ("Ctrl+Shift+Down",), needs="row", sub="order"),
    Spec("show_all", "layer", N_("显示全部图层"), ("Ctrl+Shift+U",), "eye", separate=True, sub="order"),
    Spec("hide_all", "layer", N_("隐藏全部图层"), ("Ctrl+Shift+H",), sub="order"),
    Spec("check", "layer", N_("检查图层数据"), ("Ctrl+F9",), "judge_all", separate=True, tip=N_("检查所有在用图层，发现画在地图上")),
    Spec("findings", "layer", N_("检查发现"), ("Ctrl+Shift+D",)),
    Spec("coverage", "layer", N_("覆盖台账"), ("Ctrl+Shift+O",)),
    Spec("judge", "screen", N_("研判"), ("F9",), "judge", "site", True, tip=N_("按判定基准日研判当前项目")),
    Spec("judge_all", "screen", N_("研判全部项目"), ("Shift+F9",), "judge_all", "sites", True),
    Spec("batch", "screen", N_("批量研判…"), ("Ctrl+F10",), "table", tip=N_("研判一个文件里的全部项目，可达数百万个")),
    Spec("batch_table", "screen", N_("批量研判结果"), ("Ctrl+Shift+F10",)),
    Spec("live", "screen", N_("拖动时实时研判"), (), checkable=True),
    Spec("override", "screen", N_("人工复核…"), ("Ctrl+R",), "edit", "workspace", separate=True),
    Spec("clause_review", "screen", N_("准入清单条款审核…"), ("Ctrl+Shift+R",), "table"),
    Spec("statistics", "screen", N_("分区统计…"), ("Ctrl+Alt+T",), "table"),
    Spec("cancel", "screen", N_("停止当前任务"), ("Ctrl+.",), "stop", "running"),
    Spec("outlets", "outlets", N_("排污口台账"), ("Ctrl+Alt+D",), "outlet"),
    Spec("outlet_board", "outlets", N_("排污口看板"), ("Ctrl+Shift+B",), "board"),
    Spec("outlet_map", "outlets", N_("图上显示办理环节"), ("Ctrl+Alt+O",), "eye"),
    Spec("outlet_trace", "outlets", N_("图上显示上下游"), ("Ctrl+T",), "line", separate=True),
    Spec("outlet_follow", "outlets", N_("当前项目沿河向下…"), ("Ctrl+Shift+T",), needs="site"),
    Spec("outlet_update", "outlets", N_("批量更新台账…"), (), "import", separate=True),
    Spec("outlet_entries", "outlets", N_("批量登记办理…"), (), "import"),
    Spec("outlet_results", "outlets", N_("导入监测结果…"), (), "import"),
    Spec("outlet_surveys", "outlets", N_("导入排查记录…"), (), "import", tip=N_("读入已排查的岸段：河流、岸别、起止桩号、排查日期")),
    Spec("outlet_targets", "outlets", N_("导入目标…"), (), "import", tip=N_("读入各项指标的目标和期限，取代工作区现有的目标")),
    Spec("outlet_undo", "outlets", N_("撤销上一次登记或更新"), (), "undo"),
    Spec("outlet_dossier", "outlets", N_("导出排污口档案…"), ("Ctrl+Shift+E",), "export", separate=True),
    Spec("outlet_atlas", "outlets", N_("导出档案图集…"), (), "export"),
    Spec("outlet_report", "outlets", N_("导出排污口报告…"), (), "export"),
    Spec("chinese", "settings", "中文", (), needs="", checkable=True, group="language"),
    Spec("english", "settings", "English", (), needs="", checkable=True, group="language"),
    Spec("person", "settings", N_("署名…"), (), needs="", separate=True),
    Spec("theme_system", "settings", N_("外观随系统"), (), needs="", checkable=True, group="theme", separate=True),
    Spec("theme_light", "settings", N_("浅色外观"), (), needs="", checkable=True, group="theme"),
    Spec("theme_dark", "settings", N_("深色外观"), (), needs="", checkable=True, group="theme"),
    Spec("rule_manager", "settings", N_("规则管理…"), ("Ctrl+Shift+L",), "judge", "ready", separate=True),
    Spec("rule_folders", "settings", N_("规则包目录…"), (), "settings", ""),
    Spec("reset_layout", "settings", N_("恢复默认布局"), (), needs=""),
    Spec("help", "help", N_("此处的帮助"), ("F1",), "help", ""),
    Spec("keys", "help", N_("操作与快捷键"), ("Shift+F1",), needs=""),
    Spec("reports_folder", "help", N_("打开错误报告文件夹"), (), needs=""),
    Spec("about", "help", N_("关于三线"), (), "app", ""),
)
# In the window of an attribute table, where these keys count and those of the main window do not.
TABLE = ("table_window", N_("属性表窗口"))
TABLE_ACTIONS: tuple[Spec, ...] = (
    Spec("rows_copy", TABLE[0], N_("复制所选行")),
    Spec("rows_geojson", TABLE[0], N_("复制要素为 GeoJSON")),
    Spec("rows_wkt", TABLE[0], N_("复制几何为 WKT")),
    Spec("rows_invert", TABLE[0], N_("反选"), ("Ctrl+R",), separate=True),
    Spec("rows_top", TABLE[0], N_("所选行排到最前"), ("Ctrl+T",)),
    Spec("rows_zoom", TABLE[0], N_("缩放到所选"), ("Ctrl+J",)),
)
BY_ID = {spec.id: spec for spec in (*ACTIONS, *TABLE_ACTIONS)}
