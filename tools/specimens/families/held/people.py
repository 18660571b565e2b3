"""Who is on a held-out card: names, places and offices of its own invention, numbers that can belong to nobody."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from shiming.names import SYNTHETIC, check_digit

SURNAMES = tuple(
    "白蔡岑常车陈储崔戴邓丁董杜段樊范方冯傅甘高葛龚古顾关管郭韩何洪侯胡华黄霍简江姜蒋金康柯孔赖兰雷黎李连梁廖"
    "林凌刘柳龙卢鲁陆罗吕马毛梅孟莫牟穆倪聂宁牛欧潘庞裴彭齐祁钱秦邱曲屈任阮沙邵申沈施石史舒宋苏孙谭汤唐陶田童"
    "涂万汪王韦魏温文翁巫吴伍武奚夏项萧谢辛邢熊徐许薛严颜晏杨姚叶易殷尹应尤于余俞虞喻袁岳臧曾翟詹张章赵甄郑钟"
    "周朱祝庄卓邹祖左"
)
DOUBLES = ("东方", "公孙", "夏侯", "宇文", "长孙", "闻人", "南宫", "申屠")
GIVEN = tuple(
    "安柏宝斌冰博才昌朝辰晨成诚承驰楚春聪翠达丹道德登迪蝶冬栋帆方芬丰枫福富刚歌根耕功光广贵国果海涵寒航浩禾和"
    "荷恒弘虹鸿厚花华怀焕辉惠慧佳坚建健江娇杰洁金津锦劲京晶景静九娟君俊开凯康科可宽坤兰岚朗乐雷磊蕾礼立丽利良"
    "亮林霖凌灵玲柳龙路露伦洛曼茂梅美萌梦苗敏明铭牧娜南能妮宁诺沛朋鹏平萍奇琪琦启谦乔巧勤青清晴庆秋权泉群然仁"
    "荣容蓉如锐瑞润若山珊善尚少申深升胜盛诗石实士世树霜顺硕思松素泰涛腾天田婷同桐万旺威伟玮文武希曦霞夏先贤显"
    "献香祥翔向小晓孝欣新信兴星行修秀旭轩雪雅延岩燕阳洋尧耀业一依怡艺亦逸毅英颖映永勇友宇雨玉钰裕元园远月悦云"
    "芸运泽展哲真正志智中忠舟珠竹卓子紫宗祖"
)
# in GB 2312 or near it, yet seldom seen
UNUSUAL = tuple("祺禧璇璐晗昕皓骁琛琨珩瑜瑾钊铮锴鑫煜炜烨焱彬茜芮菡蕊婧嫣妤媛骞翊")
MINORITIES = ("畲", "白", "傣", "黎", "瑶", "仡佬", "羌", "锡伯", "土", "撒拉", "纳西", "景颇", "毛南", "达斡尔")
PEOPLES = ("汉",) * 9 + MINORITIES

PROVINCES = ("岭东省", "江左省", "河西省", "", "", "南浦省")
CITIES = ("澄江市", "东陵市", "霞浦岭市", "宝泉市", "新桥市", "古渡市", "紫云市", "丹枫市")
COUNTIES = ("河口区", "城东区", "滨湖新区", "青山区", "石门县", "南坪县", "长丰县", "红旗区")
TOWNS = ("白沙镇", "双桥镇", "金鸡乡", "大坪镇", "三元街道", "榆林乡")
VILLAGES = ("上寨村", "新华村委会", "李家坝村", "红星村", "东头村", "塘下村")
ROADS = ("人民中路", "解放东路", "建设街", "长江北路", "和平里", "中山二路", "工农巷", "滨河西路", "育才街")
HOMES = ("世纪家园", "东方花苑", "金色港湾小区", "机关宿舍", "师范学院家属院", "锦江城")


@dataclass(frozen=True, slots=True)
class Person:
    """What is printed. Dates YYYY-MM-DD; `until` may be 长期."""

    name: str
    sex: str
    people: str
    birth: str
    address: str
    number: str
    office: str
    since: str
    until: str


def draw_person(rng: Random) -> Person:
    """A person who does not exist."""
    sex, born = rng.choice("男女"), date(1951, 2, 3) + timedelta(days=rng.randrange(365 * 54))
    first17 = f"{rng.choice(sorted(SYNTHETIC))}{rng.randint(1, 29):02}{rng.randint(0, 28):02}{born:%Y%m%d}"
    first17 += f"{rng.randrange(1, 999) // 2 * 2 + (sex == '男'):03}"
    city, county = rng.choice(CITIES), rng.choice(COUNTIES)
    since, until = _term(rng, born)
    office = f"{county}公安局" if county.endswith("县") else f"{city}公安局{county.removesuffix('区')}分局"
    return Person(
        _name(rng), sex, rng.choice(PEOPLES), born.isoformat(), _address(rng, city, county),
        first17 + check_digit(first17), office, since, until,
    )  # fmt: skip


def _name(rng: Random) -> str:
    family = rng.choice(DOUBLES) if rng.random() < 0.05 else rng.choice(SURNAMES)
    given = rng.choices(GIVEN, k=rng.choice((1, 2, 2)))
    if rng.random() < 0.1:
        given[-1] = rng.choice(UNUSUAL)
    return family + "".join(given)


def _address(rng: Random, city: str, county: str) -> str:
    start = rng.choice(PROVINCES) + city + county
    if county.endswith("县") or rng.random() < 0.3:
        return f"{start}{rng.choice(TOWNS)}{rng.choice(VILLAGES)}{rng.randint(1, 160)}号"
    road = f"{start}{rng.choice(ROADS)}{rng.randint(2, 880)}号"
    kind = rng.random()
    if kind < 0.35:
        return road
    if kind < 0.7:
        flat = f"{rng.randint(1, 40)}幢{rng.randint(1, 4)}单元{rng.randint(1, 28)}0{rng.randint(1, 4)}室"
        return f"{road}{rng.choice(HOMES)}{flat}"
    return f"{road}附{rng.randint(1, 60)}号{rng.randint(1, 9)}-{rng.randint(1, 9)}-{rng.randint(1, 9)}号"


def _term(rng: Random, born: date) -> tuple[str, str]:
    start = date(2009, 3, 2) + timedelta(days=rng.randrange(365 * 16))
    start = start.replace(day=min(start.day, 28))
    age = (start - born).days // 365
    if age >= 46:
        return start.isoformat(), "长期"
    years = 5 if age < 16 else 10 if age < 26 else 20
    return start.isoformat(), start.replace(year=start.year + years).isoformat()
