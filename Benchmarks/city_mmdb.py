"""Writes a made-up MaxMind DB of GeoLite2 City's size and shape: nodes of 28 bits in a tree over IPv6 with IPv4 at
::/96, about 3.8 million networks of IPv4 and 1.6 million of IPv6, 300,000 records that point at 130,000 cities.

    city_mmdb.py FILE [SHARE]

The real one may not be handed on. What counts for memory is how many networks, records and cities there are.
"""

import array
import random
import struct
import sys

NOTHING = -1
LANGUAGES = ["de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN"]


def growth_v4(depth):
    """The share of prefixes of this length that are divided further."""
    return 1 if depth <= 13 else 0.81 if depth <= 22 else 0.65 if depth == 23 else 0.35 if depth == 24 else 0.3 if depth < 32 else 0


def growth_v6(depth):
    return 1 if depth <= 12 else 0.62 if depth <= 20 else 0.73 if depth <= 31 else 0.6 if depth == 32 else 0.4 if depth < 48 else 0


class Tree:
    """Two records a node: the number of another node, NOTHING, or -2 - the number of a record of data."""

    def __init__(self, dice, records):
        self.dice, self.records = dice, records
        self.children = array.array("q")

    def node(self, left=NOTHING, right=NOTHING):
        self.children.extend((left, right))
        return len(self.children) // 2 - 1

    def grow(self, depth, growth, empty):
        """A tree below a new node of that depth, level by level; its number."""
        root = self.node()
        level = range(root, root + 1)
        chance, children, records = self.dice.random, self.children, self.records
        while level:
            depth += 1
            share, begin = growth(depth), level.stop
            following = begin
            for place in range(2 * level.start, 2 * level.stop):
                if chance() < share:
                    children[place] = following
                    following += 1
                elif chance() >= empty:
                    children[place] = -2 - int(chance() * records)
            children.extend([NOTHING] * (2 * (following - begin)))
            level = range(begin, following)
        return root


class Data:
    """The data section (MaxMind DB File Format Specification 2.0)."""

    def __init__(self):
        self.bytes = bytearray()
        self.texts = {}

    def put(self, encoded):
        """A pointer to what is appended."""
        at = len(self.bytes)
        self.bytes += encoded
        for size, (base, bits) in enumerate([(0, 11), (2048, 19), (526336, 27)]):
            if at - base < 1 << bits:
                value = at - base
                return bytes([0x20 | size << 3 | value >> 8 * (size + 1)]) + (value & (1 << 8 * (size + 1)) - 1).to_bytes(size + 1, "big")
        return b"\x38" + at.to_bytes(4, "big")

    def text(self, text):
        """A pointer to a text, which stands there once."""
        if text not in self.texts:
            self.texts[text] = self.put(string(text))
        return self.texts[text]

    def map(self, entries):
        return head(7, len(entries)) + b"".join(self.text(key) + value for key, value in entries.items())


def head(kind, size):
    extended = bytes([kind - 7]) if kind > 7 else b""
    kind = 0 if kind > 7 else kind << 5
    return bytes([kind | min(size, 29)]) + extended + (bytes([size - 29]) if size >= 29 else b"")


def string(text):
    encoded = text.encode()
    return head(2, len(encoded)) + encoded


def number(value, kind=6):
    encoded = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return head(kind, len(encoded)) + encoded


def word(dice):
    return "".join(dice.choice(["ba", "ker", "lin", "mo", "stad", "ri", "ven", "tur", "o", "ham"]) for _ in range(dice.randint(2, 4))).title()


def write_data(dice, cities, records):
    data = Data()
    names = lambda languages: data.map({language: string(word(dice)) for language in languages})
    place = lambda languages, more={}: data.put(data.map({"geoname_id": number(dice.randrange(1 << 23)), **more, "names": names(languages)}))
    continents = [place(LANGUAGES) for _ in range(7)]
    countries = [place(LANGUAGES, {"iso_code": string(chr(65 + n // 26) + chr(65 + n % 26))}) for n in range(250)]
    subdivisions = [place(["en"], {"iso_code": string(str(n % 100))}) for n in range(3500)]
    zones = [data.text(f"Continent/{word(dice)}") for _ in range(400)]
    places = [(place(["en", *dice.sample(LANGUAGES, dice.choice([0, 0, 1, 2]))]), n % 250) for n in range(cities)]
    offsets = array.array("q")
    for n in range(records):
        city, country = places[n % cities]
        location = data.map({
            "accuracy_radius": number(dice.choice([1, 5, 20, 100, 1000]), 5),
            "latitude": head(3, 8) + struct.pack("!d", dice.uniform(-90, 90)),
            "longitude": head(3, 8) + struct.pack("!d", dice.uniform(-180, 180)), "time_zone": zones[n % 400]})
        record = data.map({
            "city": city, "continent": continents[country % 7], "country": countries[country], "location": location,
            "postal": data.map({"code": string(str(10000 + n % 90000))}), "registered_country": countries[country],
            "subdivisions": head(11, 1) + subdivisions[n % 3500]})
        offsets.append(len(data.bytes))
        data.bytes += record
    return data.bytes, offsets


def main(path, share=1.0):
    dice = random.Random(4711)
    cities, records = int(130_000 * share), int(300_000 * share)
    data, offsets = write_data(dice, cities, records)
    tree = Tree(dice, records)
    # Below 1, fewer of the prefixes at the top are divided.
    thin = lambda growth: lambda depth: growth(depth) if depth > 13 or share == 1 else growth(depth) * share ** (1 / 13)
    chain = [tree.node() for _ in range(96)]
    mapped = [tree.node() for _ in range(15)]
    v4, v6 = tree.grow(0, thin(growth_v4), 0.05), tree.grow(3, thin(growth_v6), 0.4)
    for nodes, side in ((chain, 0), (mapped, 1)):
        for at, following in zip(nodes, [*nodes[1:], v4]):
            tree.children[2 * at + side] = following
    tree.children[2 * chain[2] + 1] = v6
    # ::ffff:0:0/96 is where IPv4 lies, too.
    tree.children[2 * chain[80] + 1] = mapped[0]
    count = len(tree.children) // 2

    def record(value):
        return value if value >= 0 else count if value == NOTHING else count + 16 + offsets[-2 - value]
    out = bytearray()
    for at in range(0, 2 * count, 2):
        left, right = record(tree.children[at]), record(tree.children[at + 1])
        out += ((left & 0xFFFFFF) << 32 | (left >> 24) << 28 | (right >> 24) << 24 | right & 0xFFFFFF).to_bytes(7, "big")
    about = {
        "binary_format_major_version": number(2, 5), "binary_format_minor_version": number(0, 5), "build_epoch": number(1_790_000_000, 9),
        "database_type": string("GeoLite2-City"), "description": head(7, 1) + string("en") + string("made up"),
        "ip_version": number(6, 5), "languages": head(11, 1) + string("en"), "node_count": number(count), "record_size": number(28, 5)}
    with open(path, "wb") as file:
        file.write(out + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + head(7, len(about)))
        file.write(b"".join(string(key) + value for key, value in about.items()))


if __name__ == "__main__":
    main(sys.argv[1], *map(float, sys.argv[2:3]))
