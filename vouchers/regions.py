"""Places by their code in GB/T 2260: the provinces, their capitals, some cities that plan apart.

A region code has six digits; its first two are the province, its first four the city.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ledger.text import Text
from vouchers.spelling import find_nearest


class Region(NamedTuple):
    """A place: what it is called, and in small letters what its programme's file is called."""

    name: Text
    id: str


_TABLE: Final = """
11 北京市 Beijing
12 天津市 Tianjin
13 河北省 Hebei
1301 石家庄市 Shijiazhuang
14 山西省 Shanxi
1401 太原市 Taiyuan
15 内蒙古自治区 Inner_Mongolia neimenggu
1501 呼和浩特市 Hohhot huhehaote
21 辽宁省 Liaoning
2101 沈阳市 Shenyang
2102 大连市 Dalian
22 吉林省 Jilin
2201 长春市 Changchun
23 黑龙江省 Heilongjiang
2301 哈尔滨市 Harbin haerbin
31 上海市 Shanghai
32 江苏省 Jiangsu
3201 南京市 Nanjing
3202 无锡市 Wuxi
3205 苏州市 Suzhou
33 浙江省 Zhejiang
3301 杭州市 Hangzhou
3302 宁波市 Ningbo
34 安徽省 Anhui
3401 合肥市 Hefei
35 福建省 Fujian
3501 福州市 Fuzhou
3502 厦门市 Xiamen
36 江西省 Jiangxi
3601 南昌市 Nanchang
37 山东省 Shandong
3701 济南市 Jinan
3702 青岛市 Qingdao
41 河南省 Henan
4101 郑州市 Zhengzhou
42 湖北省 Hubei
4201 武汉市 Wuhan
4202 黄石市 Huangshi
4205 宜昌市 Yichang
4206 襄阳市 Xiangyang
4210 荆州市 Jingzhou
43 湖南省 Hunan
4301 长沙市 Changsha
44 广东省 Guangdong
4401 广州市 Guangzhou
4403 深圳市 Shenzhen
45 广西壮族自治区 Guangxi
4501 南宁市 Nanning
46 海南省 Hainan
4601 海口市 Haikou
50 重庆市 Chongqing
51 四川省 Sichuan
5101 成都市 Chengdu
52 贵州省 Guizhou
5201 贵阳市 Guiyang
53 云南省 Yunnan
5301 昆明市 Kunming
54 西藏自治区 Tibet xizang
5401 拉萨市 Lhasa lasa
61 陕西省 Shaanxi
6101 西安市 Xi'an xian
62 甘肃省 Gansu
6201 兰州市 Lanzhou
63 青海省 Qinghai
6301 西宁市 Xining
64 宁夏回族自治区 Ningxia
6401 银川市 Yinchuan
65 新疆维吾尔自治区 Xinjiang
6501 乌鲁木齐市 Urumqi wulumuqi
71 台湾省 Taiwan
81 香港特别行政区 Hong_Kong xianggang
82 澳门特别行政区 Macao aomen
"""


def _read_line(line: str) -> tuple[str, Region]:
    code, zh, en, *pinyin = line.split()
    return code, Region(Text(zh, en.replace("_", " ")), pinyin[0] if pinyin else en.lower())


REGIONS: Final[Mapping[str, Region]] = dict(map(_read_line, _TABLE.split("\n")[1:-1]))


def place_of(region: str | None) -> Region | None:
    """Return the city of a region code of six digits, else its province, None for no place."""
    code = region or ""
    return REGIONS.get(code[: len("4201")]) or REGIONS.get(code[: len("42")])


# No place has it: for places that somebody made up, to try rules on.
MADE_UP: Final = "99"

PROVINCES: Final = tuple(code for code in REGIONS if len(code) == len("42"))


def find_region(word: str) -> str | None:
    """Return the code of the place that somebody meant by its name, or by nearly its code."""
    named = (code for code, one in REGIONS.items() if word and word in (*one.name, one.id))
    begun = (code for code, one in REGIONS.items() if word and one.name.zh.startswith(word))
    return next(named, None) or next(begun, None) or find_nearest(word, REGIONS)
