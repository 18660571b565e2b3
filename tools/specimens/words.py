"""Tables from which holders are drawn: names, made-up places, made-up authorities. Data only.

The places are invented; the area codes belong to no province, so that no number can be a living person's.
"""

from shiming.names import SYNTHETIC

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖"
    "贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
DOUBLE_SURNAMES = ("欧阳", "上官", "司马", "诸葛", "皇甫", "令狐", "慕容", "尉迟", "司徒", "端木")
GIVEN_MALE = (
    "伟强磊洋勇军杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢阳建国志文海东晓峰子轩博毅恒德润泽诚嘉睿铭远钧"
)
GIVEN_FEMALE = "芳娜敏静丽艳娟霞秀玲桂英兰红梅燕洁琳雪婷慧莹倩颖丹晶欣怡梦佳悦雅诗涵琪瑶蕾莉萍薇岚妍婕蓉筱澜"
RARE = "䶮㛃堃燚犇翀赟玥昉淼焱喆祎懿旻晟烜彧珺琤鑫骉垚翾璟昶劼怼龑頔璠頲颋"
ETHNICITIES = ("汉",) * 12 + ("回", "满", "壮", "土家", "苗", "彝", "蒙古", "朝鲜", "维吾尔", "哈萨克", "布依", "侗")

PROVINCES = ("云岭省", "海棠省", "望江省", "青禾省", "松原岭省", "示例省", "白鹭省", "临溪省", "虚构省", "金穗省")
CITIES = ("虚构市", "样例市", "清河湾市", "临渊市", "安澜市", "石桥铺市", "望月市", "桐荫市", "南屏岭市", "长汀洲市")
DISTRICTS = ("示范区", "样板区", "东篱区", "柳浪区", "枫桥镇区", "听涛区", "半山区", "虚设县", "云起县", "沧浪县")
STREETS = (
    "梧桐路",
    "学府大街",
    "桃源巷",
    "朝晖路",
    "采薇街",
    "望湖北路",
    "青石巷",
    "丰收大道",
    "文昌里",
    "凤鸣街",
    "白杨路",
    "晨曦大道",
)
VILLAGES = ("柳树屯", "石磨村", "小河湾村", "大槐树村", "前进村", "青龙岗村", "杏花村", "沙枣村")
ESTATES = ("锦绣花园", "翠湖苑", "阳光新城", "听雨轩", "和谐家园", "碧水湾", "书香门第")
AUTHORITIES = ("公安局", "公安局{district}分局")

# First two digits that no province and no permit has: an area code that begins with them is unassigned.
UNASSIGNED_PREFIXES = tuple(sorted(map(int, SYNTHETIC)))

# Given names and father's names of the bilingual card: (Chinese, Uyghur).
UYGHUR_FEMALE = (
    ("米热古丽", "مىھرىگۈل"), ("阿依古丽", "ئايگۈل"), ("帕提古丽", "پاتىگۈل"), ("迪丽努尔", "دىلنۇر"),
    ("古丽娜尔", "گۈلنار"), ("热依汗", "رەيھان"), ("哈丽旦", "خالىدە"), ("阿孜古丽", "ئارزۇگۈل"),
)  # fmt: skip
UYGHUR_MALE = (
    ("艾山江", "ھەسەنجان"), ("吐尔逊", "تۇرسۇن"), ("玉素甫", "يۈسۈپ"), ("伊力亚斯", "ئىلياس"),
    ("库尔班", "قۇربان"), ("亚森", "ياسىن"), ("卡德尔", "قادىر"), ("艾合买提", "ئەخمەت"), ("赛买提", "سەمەت"),
)  # fmt: skip
# Made-up places of the bilingual card: (Chinese, Uyghur).
UYGHUR_COUNTIES = (("云起县", "يۈنچى ناھىيىسى"), ("沙枣县", "جىگدە ناھىيىسى"), ("样例县", "ياڭلى ناھىيىسى"))
UYGHUR_STREETS = (
    ("胡杨路", "توغراق يولى"),
    ("石榴街", "ئانار كوچىسى"),
    ("杏花路", "ئۆرۈك يولى"),
    ("葡萄街", "ئۈزۈم كوچىسى"),
)
UYGHUR_LABELS = {
    "name": "ئىسمى", "sex": "جىنسى", "ethnicity": "مىللىتى", "birth": "تۇغۇلغان", "address": "ئادرېسى",
    "number": "پۇقرا كىملىك نومۇرى", "country": "جۇڭخۇا خەلق جۇمھۇرىيىتى", "title": "ئاھالە كىملىكى",
    "authority": "تارقاتقان ئورگان", "validity": "كۈچكە ئىگە مۇددىتى",
}  # fmt: skip
UYGHUR_NUMBER = "-نومۇر"
UYGHUR_POLICE = "جامائەت خەۋپسىزلىك ئىدارىسى"
