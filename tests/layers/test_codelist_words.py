"""What consultants type, and the industry that has to be among the first three."""

from __future__ import annotations

import pytest

from layers import codelist

WORDS = """
养猪场 A0313|奶牛 A0311|奶牛场 A0311|养鸡场 A0321|小龙虾养殖 A0412|规模化养殖场 A0313|茶园 A0164|果园 A0159|苗圃 A0212|有机肥 C2625
沙场 B1019|采砂 B1019|河道采砂 B1019|石料厂 C3039|机制砂 C3039|采石场 B1011|煤矿 B0610|稀土矿 B0932|取土场 B1019
屠宰场 C1351|杀鸡 C1352|面粉厂 C1312|榨油厂 C1331|豆腐坊 C1392|面包房 C1411|奶粉厂 C1442|酱油厂 C1462|预制菜 C1439|酒厂 C1512|纯净水厂 C1522
印染厂 C1713|无纺布 C1781|制革厂 C1910|木材加工厂 C2011|家具厂 C2110|造纸厂 C2221|印刷 C2319|印刷厂 C2319
炼油厂 C2511|沥青搅拌站 C3099|化肥厂 C2621|农药厂 C2631|油漆厂 C2641|制药厂 C2710|注塑 C2929|塑料薄膜 C2921|再生塑料 C4220|轮胎厂 C2911
水泥厂 C3011|搅拌站 C3021|混凝土搅拌站 C3021|砖厂 C3031|加气砖 C3024|石材厂 C3032|玻璃厂 C3041|钢铁厂 C3120|铸造厂 C3391|电镀 C3360|喷涂 C3360
喷漆 C3360|酸洗 C3360|机加工 C3484|汽车配件 C3670|锂电池 C3841|光伏组件 C3825|线路板厂 C3982|芯片厂 C3973|废品收购站 F5191|报废汽车拆解 C4210
光伏 D4416|光伏发电 D4416|屋顶光伏 D4416|风电 D4415|风电场 D4415|水电站 D4413|火电厂 D4411|垃圾焚烧 D4417|变电站 D4420|储能电站 D4419|锅炉房 D4430
液化气站 D4512|自来水厂 D4610|污水厂 D4620|污水处理站 D4620|高速公路 E4812|市政道路 E4813|铁路 E4811|地铁 E4814|大桥 E4819|水库 E4822|堤防 E4822|清淤 E4822
污水管网 E4852|超市 F5212|菜市场 L7223|4S店 F5261|加油站 F5265|加气站 F5266|充电桩 F5267|机场 G5631|码头 G5532|物流园 G5920|仓库 G5920|冷库 G5930|油库 G5941
危化品仓库 G5942|快递站 G6020|酒店 H6110|民宿 H6130|农家乐 H6130|餐馆 H6210|火锅店 H6210|奶茶店 H6239|基站 I6312|通信基站 I6312|数据中心 I6450|房地产 K7010
实验室 M7452|自然保护区 N7711|景区 N7861|危废 N7724|危废处置 N7724|医疗废物 N7724|建筑垃圾 N7723|垃圾填埋场 N7820|土壤修复 N7726|干洗店 O8030|洗衣店 O8030
洗浴中心 O8051|公墓 O8080|汽修 O8111|洗车 O8111|宠物医院 O8222|幼儿园 P8310|小学 P8321|学校 P8321|大学 P8341|医院 Q8411|诊所 Q8425|养老院 Q8514|电影院 R8760|KTV R9011|游乐场 R9020
paper C2221|dairy C1441|wind power D4415|chemical C2611|pig farm A0313|cement C3011|hospital Q8411|hotel H6110|petrol station F5265|data centre I6450|furniture C2110
bakery C1411|meat C1351|shipbuilding C3731|hazardous waste N7724|textiles C1711|toys C2451|pumps C3441|tanning C1910|solar power D4416|coking C2521|laundry O8030|schools P8321
"""
TABLE = [tuple(pair.rsplit(" ", 1)) for line in WORDS.strip().splitlines() for pair in line.split("|")]
# Obvious words, and what must not be offered for them however it is spelt.
NEVER = [("风电", "C3853"), ("高速公路", "G5311"), ("基站", "G5331"), ("水电", "C2831"), ("carpet", "C3611")]


@pytest.mark.parametrize(("word", "code"), TABLE)
def test_an_everyday_word_finds_its_industry_among_the_first_three(word, code):
    assert len(TABLE) > 150
    assert codelist.find(code).code == code
    assert code in [entry.code for entry in codelist.search(word)[:3]]


@pytest.mark.parametrize(("word", "code"), NEVER)
def test_what_only_shares_characters_is_not_offered(word, code):
    assert code not in [entry.code for entry in codelist.search(word)]


@pytest.mark.parametrize("word", ["奶牛养殖项目", "新建加油站", "年产5万吨有机肥生产线", "某某污水处理厂提标改造", "dry cleaners in town"])
def test_a_word_within_a_title_is_found(word):
    expected = {"奶牛养殖项目": "A0311", "新建加油站": "F5265", "年产5万吨有机肥生产线": "C2625", "某某污水处理厂提标改造": "D4620",
                "dry cleaners in town": "O8030"}  # fmt: skip
    assert codelist.search(word)[0].code == expected[word]


def test_the_longer_word_counts_and_not_the_one_inside_it():
    assert [entry.code for entry in codelist.search("垃圾焚烧发电厂")] == ["D4417"], "no coal power station"
    assert "E4812" not in [entry.code for entry in codelist.search("某市高速公路服务区")]


def test_every_division_has_english_words_and_every_entry_some():
    entries = codelist.industries().values()
    assert all(entry.code in codelist.glosses() for entry in entries if entry.level == codelist.DIVISION)
    assert all(entry.english for entry in entries if entry.level > codelist.SECTION)
    assert not codelist.unknown(codelist.glosses())
    assert codelist.find("C2221").english.startswith("paper")


@pytest.mark.parametrize("plural", ["battery", "batteries"])
def test_english_finds_singular_and_plural(plural):
    assert "C3841" in [entry.code for entry in codelist.search(plural)]
