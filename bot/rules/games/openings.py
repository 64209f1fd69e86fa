"""Openings that games begin with: the bot's own, under the project's licence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.rules.games.chance import draw

_ENGLISH = (
    "The letter had been in the walls since before the house had a number.",
    "Nobody on the ferry admitted to owning the suitcase.",
    "My aunt kept one rule about the cellar, and she broke it on a Tuesday.",
    "The lighthouse went dark at nine, and at ten somebody lit a fire on the rocks below.",
    "By the time the circus left, three people in town could no longer whistle.",
    "She had rehearsed the apology for eleven years and forgot it at the door.",
    "The new teacher wrote her name on the board, and then another name under it.",
    "It rained upwards only once, and we agreed not to tell the summer guests.",
    "The dog came home with a key tied round its neck.",
    "At the bottom of the menu, in small print, was my grandfather's address.",
    "The last train stopped where there was no station, and the doors opened.",
    "He sold clocks that were all wrong by the same seven minutes.",
    "The snow had covered every footprint except the ones that led to our window.",
    "When the power failed, we found out which of the neighbours had been waiting for it.",
    "There was a chair at our table that nobody sat in, and tonight it was pulled out.",
    "The radio in the kitchen had begun to answer.",
    "Two of the three wishes were gone before anybody noticed.",
    "The map was accurate, which was the trouble with it.",
    "They hired me to count the birds, and on the third day the birds began to count me.",
    "The bride was late, and so was the church.",
    "Every photograph from that summer has the same stranger in it.",
    "The elevator had a button for a floor that the building did not have.",
    "My brother swore that the sea had been nearer yesterday.",
    "The recipe called for a cup of somebody else's patience.",
)
"""English openings."""
_CHINESE = (
    "这封信藏在墙里，比这幢房子的门牌还要早。",
    "渡船上没有一个人承认那只箱子是自己的。",
    "姑妈对地窖只有一条规矩，偏偏在星期二破了它。",
    "九点，灯塔熄了；十点，有人在礁石上点起了火。",
    "马戏团离开以后，镇上有三个人再也吹不响口哨。",
    "那句道歉她练了十一年，到了门口却忘得一干二净。",
    "新来的老师在黑板上写下名字，又在下面写了另一个。",
    "雨只往天上下过一次，我们说好不告诉避暑的客人。",
    "狗回来了，脖子上系着一把钥匙。",
    "菜单最底下用小字印着我外公的地址。",
    "末班车停在没有站台的地方，门开了。",
    "他卖的钟都不准，而且都慢了同样的七分钟。",
    "雪盖住了所有脚印，只剩通向我家窗下的那一行。",
    "停电以后，我们才知道哪一家邻居一直在等这一刻。",
    "饭桌旁有一把谁也不坐的椅子，今晚它被拉开了。",
    "厨房里的收音机开始答话了。",
    "等到有人察觉，三个愿望已经用掉了两个。",
    "那张地图非常准确，麻烦就在这里。",
    "他们雇我来数鸟，到了第三天，鸟开始数我。",
    "新娘迟到了，教堂也迟到了。",
    "那年夏天的每张照片里都有同一个陌生人。",
    "电梯里有一个按钮，通往这座楼没有的一层。",
    "弟弟发誓说，昨天海还要近一些。",
    "钥匙插进去正好，可这不是我家的门。",
)
"""Chinese openings."""
OPENINGS: Mapping[str, tuple[str, ...]] = MappingProxyType({"en": _ENGLISH, "zh-CN": _CHINESE})
"""All openings, by language."""


def opening_of(language: str, seed: str, number: int) -> str:
    """Return the opening of round `number` of a game, in its language, drawn by lot; English where the language has
    none."""
    known = OPENINGS.get(language, _ENGLISH)
    return known[(draw(seed, 0, "opening") + number) % len(known)]
