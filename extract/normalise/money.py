"""Amounts of money as written → `schema.Money`.

Enters a text; leaves its sums with offsets in code points, each with its currency, qualifier and
bounds. A span covers qualifier, number, magnitude and currency as they stand; in a list that shares
its currency ("3, 5 and 8 million euros") each element has its own span. Who pays whom does not
belong here.

Bounds: exact [a, a]; at_least and more_than [a, null]; up_to and less_than [null, a];
approximately [a, a]; between [a, b] with a as the headline, the amount that is certain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from extract.normalise import currencies, qualifiers
from extract.normalise.currencies import Currency
from extract.normalise.number_words import ABBREVIATIONS, SOFT_SUFFIXES, lexicon
from extract.normalise.numbers import Figure, figures, plain
from extract.normalise.tokens import Scan, scan
from extract.schema import Money, Qualifier


@dataclass(frozen=True)
class MoneyMention:
    """A sum in a text: `text[start:end]` is `money.as_written`."""

    start: int
    end: int
    money: Money


@dataclass(frozen=True)
class _Sum:
    """A figure with its currency among the tokens; `currency` is None before one is shared with it."""

    first: int
    last: int
    figure_first: int
    value: Decimal
    coefficient: Decimal
    magnitude: Decimal
    currency: Currency | None
    is_approximate: bool = False
    is_more: bool = False


def find_money(text: str, language: str | None = None) -> list[MoneyMention]:
    """Sums of money in `text`, in order and without overlap.

    Args:
        text: Any text; offsets refer to this string unchanged.
        language: ISO 639-1 code; guessed from the text when None.
    """
    found = scan(text, language)
    return [mention for mention in _mentions(found) if mention is not None]


def parse_money(text: str, language: str | None = None) -> Money | None:
    """Meaning of a string that is a sum of money, as a provider returns it.

    The first sum counts. A number whose currency stands apart ("5 million (euros)") takes it; one
    without any currency has None; a currency without a number ("millions of dollars") has no
    amount and the qualifier unspecified.

    Returns:
        The sum, or None when the string holds neither a number nor a currency.
    """
    text = text.strip()
    found = scan(text, language)
    mentions = _mentions(found)
    if mentions:
        return mentions[0].money.model_copy(update={"as_written": text})
    counted = [figure for figure in figures(found) if figure.kind in ("count", "year")]
    currency = _currency_anywhere(found)
    if not counted:
        if currency is None:
            return None
        return Money(as_written=text, amount=None, amount_min=None, amount_max=None, currency=currency.code,
                     currency_is_inferred=currency.is_inferred, qualifier="unspecified")
    sums = [_sum_of(found, figure, None, any_suffix=True) for figure in counted]
    joined = _join_range(found, sums[0], sums[1]) if len(sums) > 1 else None
    mention = joined if joined is not None else _single(found, sums[0])
    known = currency or Currency(None, False)
    return mention.money.model_copy(
        update={"as_written": text, "currency": known.code, "currency_is_inferred": known.is_inferred}
    )


def infer_currency(money: Money, country: str) -> Money:
    """`money` with the currency that `country` uses under the name written ("6 millions de francs" of Switzerland).

    Only for names that leave several countries open, and for inferred currencies of which the giver has its own
    ("rupees" of Pakistan). Plain dollars stay USD: givers of all countries count in them.

    Args:
        money: A sum.
        country: ISO 3166-1 alpha-3 of the country that gives it.
    """
    if money.currency == "USD" or (money.currency is not None and not money.currency_is_inferred):
        return money
    code = currencies.code_of(country)
    for token in scan(money.as_written).tokens:
        name = currencies.family(token.text) if token.kind == "w" else None
        if token.text in ("kr", "dh", "dhs"):
            name = "krone" if token.text == "kr" else "dirham"
        if name is not None and code is not None and currencies.is_member(name, code):
            return money.model_copy(update={"currency": code, "currency_is_inferred": True})
    return money


# --- figures and their currencies --------------------------------------------------------------


def _mentions(found: Scan) -> list[MoneyMention]:
    sums: list[_Sum] = []
    used = -1
    counted = [figure for figure in figures(found) if figure.kind in ("count", "year")]
    for position, figure in enumerate(counted):
        upcoming = counted[position + 1].first if position + 1 < len(counted) else len(found.tokens)
        one = _with_currency(found, figure, used, upcoming)
        if one is None and figure.is_code:
            continue
        sums.append(one or _sum_of(found, figure, None))
        used = sums[-1].last
    mentions: list[MoneyMention] = []
    position = 0
    while position < len(sums):
        one = sums[position]
        following = sums[position + 1] if position + 1 < len(sums) else None
        if following is not None:
            joined = _join_range(found, one, following)
            if joined is not None and joined.money.currency is None and not _has_currency(one, following):
                joined = None
            if joined is not None:
                mentions.append(joined)
                position += 2
                continue
        run = _shared_list(found, sums, position)
        if run:
            mentions.extend(_single(found, element) for element in run)
            position += len(run)
            continue
        if one.currency is not None:
            mentions.append(_single(found, one))
        position += 1
    return mentions


def _has_currency(*sums: _Sum) -> bool:
    return any(one.currency is not None for one in sums)


def _sum_of(found: Scan, figure: Figure, currency: Currency | None, *, any_suffix: bool = False) -> _Sum:
    last, value, magnitude = figure.last, figure.value, figure.magnitude
    following = last + 1
    if any_suffix and magnitude == 1 and found.word(following) in SOFT_SUFFIXES:
        magnitude = SOFT_SUFFIXES[found.word(following)]
        last, value = following, value * magnitude
    return _Sum(figure.first, last, figure.first, value, figure.coefficient, magnitude, currency,
                figure.is_approximate, figure.is_more)


def _with_currency(found: Scan, figure: Figure, used: int, upcoming: int) -> _Sum | None:
    """The figure with the currency before or after it; None when there is none."""
    before = _currency_before(found, figure.first, used)
    last, value, magnitude = figure.last, figure.value, figure.magnitude
    mixed = currencies.MIXED_CODES.get(found.word(last + 1))
    if mixed is not None and magnitude == 1:
        power, code = mixed
        factor = Decimal(10) ** power
        return _Sum(figure.first, last + 1, figure.first, value * factor, value, factor, Currency(code, False))
    soft = SOFT_SUFFIXES.get(found.word(last + 1)) if magnitude == 1 else None
    if soft is not None and found.word(last + 1) == "t" and not found.glued(last + 1):
        soft = None
    after = None
    if soft is not None and last + 1 < upcoming:
        # The letter is a magnitude only beside a currency: "$5 m", "5 M€", but 5 m are metres.
        after = _currency_after(found, last + 1, magnitude=soft)
        if after is not None or before is not None:
            last, magnitude, value = last + 1, soft, value * soft
    if after is None:
        after = _currency_after(found, last, magnitude=magnitude if magnitude != 1 else value)
    first, currency = figure.first, None
    if after is not None and after[1] >= upcoming:
        after = None
    if after is not None and before is not None and found.kind(after[1]) == "s" and found.kind(after[1] + 1) == "n":
        after = None  # $ 50 $ 60: the second symbol is the next figure's
    if before is not None:
        first, currency = before[0], before[1]
    if after is not None:
        last = after[1]
        if currency is None or (currency.is_inferred and not after[0].is_inferred) or currency.code is None:
            currency = after[0]
    if currency is None:
        return None
    return _Sum(first, last, figure.first, value, figure.coefficient, magnitude, currency,
                figure.is_approximate, figure.is_more)


def _currency_before(found: Scan, first: int, used: int) -> tuple[int, Currency] | None:
    """Currency right before token `first`, and its first token; tokens up to `used` are taken."""
    position = first - 1
    if position <= used:
        return None
    if found.word(position) in (".", "-") and found.glued(position) and found.kind(position - 1) == "w":
        position -= 1  # Rs. 500
        if position <= used:
            return None
    kind = found.kind(position)
    if kind == "s":
        mark = found.word(position)
        if found.kind(position - 1) == "w" and found.glued(position) and position - 1 > used:
            lettered = currencies.symbol(mark, found.word(position - 1), found.language)
            if lettered is not None:
                start = position - 1
                if found.word(start) == "s" and found.word(start - 1) == "." and found.word(start - 2) == "u":
                    return start - 2, Currency("USD", False)
                return start, lettered
            if found.word(position - 1) not in lexicon(found.language):
                plain = currencies.symbol(mark, None, found.language)
                return None if plain is None else (position, plain)
        if found.word(position - 1) == "." and found.word(position - 2) == "s" and found.word(position - 3) == ".":
            return position - 4, Currency("USD", False)  # U.S.$
        plain = currencies.symbol(mark, None, found.language)
        return None if plain is None else (position, plain)
    if kind == "w":
        written = found.original(position)
        if _is_dollar_between(found, position):
            return position - 2, Currency("USD", False)
        if found.kind(position - 1) == "s" and found.glued(position):
            lettered = currencies.symbol(found.word(position - 1), found.word(position), found.language)
            if lettered is not None:
                return position - 1, lettered  # $US 5
        code = currencies.iso_code(written)
        if code is not None:
            return position, Currency(code, False)
        short = currencies.abbreviation(written)
        if short is not None and (len(written) > 1 or found.glued(first)):
            return position, short
        if written == "Euro" and found.language == "de":
            return position, Currency("EUR", False)
        return None
    if kind == "h":
        name = currencies.chinese_before(found.word(position))
        return None if name is None else (position, name)
    return None


def _currency_after(found: Scan, last: int, *, magnitude: Decimal) -> tuple[Currency, int] | None:
    """Currency after token `last`, and its last token.

    Args:
        magnitude: Size of the number, as "livres" are books and "won" a verb after small ones.
    """
    position = last + 1
    if found.word(position) == "." and found.glued(position) and found.word(last) in ABBREVIATIONS:
        position += 1
    if found.word(position) == "-" and found.glued(position) and found.glued(position + 1):
        position += 1
    if found.word(position) in ("de", "d", "of", "in", "do", "من", "di"):
        position += 1
        if found.word(position) == "'":
            position += 1
    if found.kind(position) == "s":
        return _symbol_after(found, position)
    if found.kind(position) == "h":
        chinese = currencies.chinese(found.word(position))
        return None if chinese is None else (chinese[0], position)
    # Up to two words of a country before the name: "US", "New Zealand", "Hong Kong", "канадских".
    country: str | None = None
    for _ in range(5):
        word = found.word(position)
        if found.kind(position) != "w":
            if word in (".", "-", "'") and country is not None and found.glued(position):
                position += 1
                continue
            return None
        written = found.original(position)
        code = currencies.iso_code(written)
        if code is not None and not (code == "USD" and country):
            return Currency(code, False), position
        name = currencies.family(word)
        if name is not None and (country is None or currencies.member(name, country) is not None
                                 or currencies.country(word) is None):
            return _name_after(found, position, name, country, magnitude)
        short = currencies.abbreviation(written)
        if short is not None and country is None and len(written) > 1:
            return short, position
        if word == "f" and found.word(position + 1) == "cfa":
            return Currency("XOF", True), position + 1
        key = "us" if word in ("u", "s") and "." in (found.word(position + 1), found.word(position - 1)) \
            else currencies.country(word)
        if key is None and word not in ("new", "kong", "arab"):
            return None
        # An empty key: "new" says nothing before "Zealand" does.
        country = key or country or ""
        position += 1
        if country and found.word(position) == "$":
            pair = currencies.member("dollar", country)
            return None if pair is None else (pair, position)
    return None


def _is_dollar_between(found: Scan, position: int) -> bool:
    """Whether tokens up to `position` are U$S or U$D, the dollar of the River Plate."""
    return (
        found.word(position) in ("s", "d") and found.word(position - 1) == "$" and found.word(position - 2) == "u"
        and found.glued(position) and found.glued(position - 1)
    )  # fmt: skip


def _symbol_after(found: Scan, position: int) -> tuple[Currency, int] | None:
    if found.kind(position + 1) == "n" and found.glued(position + 1):
        return None  # the next figure's own symbol
    mark = found.word(position)
    if found.kind(position + 1) == "w" and len(found.word(position + 1)) <= 3:
        lettered = currencies.symbol(mark, found.word(position + 1), found.language)
        # "$ a" may go on with any word; letters alone count when tight or in capitals.
        if lettered is not None and (found.glued(position + 1) or found.word(position + 1) in ("us", "usd", "can",
            "cad", "hk", "nz", "aud")
                                     or (found.word(position + 1) == "c" and found.language == "fr"
                                         and found.word(position + 2) != "'")):
            return lettered, position + 1
    plain = currencies.symbol(mark, None, found.language)
    return None if plain is None else (plain, position)


def _name_after(found: Scan, position: int, name: str, country: str | None,
                magnitude: Decimal) -> tuple[Currency, int] | None:
    """Currency of family `name` at `position`, the country after it included."""
    last = position
    if not country:
        country, last = _country_after(found, position, name)
    currency = currencies.member(name, country) if country else None
    if currency is None:
        currency, last = currencies.member(name, None), position
    assert currency is not None
    if name == "pound" and last == position:
        # Books, weights: a pound of money after a small number needs a country or the English word.
        if found.word(position) not in ("pound", "pounds") and magnitude < 1_000_000:
            return None
        if found.word(position) == "pound" and found.glued(position) and magnitude < 1_000_000:
            return None
    if name == "won" and magnitude < 1000:
        return None
    if name == "mark" and magnitude < 1000 and last == position:
        return None
    if found.word(last + 1) == "sterling" and name == "pound":
        return Currency("GBP", False), last + 1
    return currency, last


def _country_after(found: Scan, position: int, name: str) -> tuple[str | None, int]:
    """Country after a currency name: "australiens", "США", "de los Estados Unidos", "des États-Unis"."""
    following = position + 1
    if found.word(following) == "(" and found.word(following + 2) == ")":
        return currencies.country(found.word(following + 1)), following + 2
    if found.word(following) == "." and found.glued(following) and found.word(position) in ("долл", "руб"):
        following += 1
    for _ in range(3):
        if found.word(following) in ("des", "de", "los", "dos", "of", "the", "da", "do"):
            following += 1
    if (found.word(following), found.word(following + 2)) == ("etats", "unis"):
        return "us", following + 2
    if (found.word(following), found.word(following + 1)) in (("estados", "unidos"), ("الولايات", "المتحده")):
        return "us", following + 1
    if found.word(following) == "ee" and found.word(following + 2) == "uu":
        return "us", following + 2
    if found.word(following) == "hong" and found.word(following + 1) == "kong":
        return "hk", following + 1
    if found.word(following) == "neo" and found.word(following + 1) == "-":
        return "nz", following + 2
    if found.kind(following) != "w" or following == position:
        return None, position
    key = currencies.country(found.word(following))
    # In English and German the country stands before, and the next word is another's ("dollars American ...").
    if key is None or currencies.member(name, key) is None:
        return None, position
    if found.language in ("en", "de") and found.word(following) not in ("us", "can", "usa"):
        return None, position
    return key, following


def _currency_anywhere(found: Scan) -> Currency | None:
    for position in range(len(found.tokens)):
        if found.kind(position) == "s":
            after = _symbol_after(found, position)
            if after is not None:
                return after[0]
        elif found.kind(position) in ("w", "h"):
            after = _currency_after(found, position - 1, magnitude=Decimal(10) ** 6)
            if after is not None:
                return after[0]
    return None


# --- ranges, lists, qualifiers -------------------------------------------------------------------


def _join_range(found: Scan, one: _Sum, other: _Sum) -> MoneyMention | None:
    """The two sums as one range, magnitude and currency shared; None when they are two."""
    start = qualifiers.range_start(found, (one.first, one.last), other.first)
    if start is None:
        return None
    codes = [each.currency.code for each in (one, other) if each.currency is not None]
    if len(set(codes)) > 1:
        return None
    low = one.value
    if one.magnitude == 1 and other.magnitude != 1 and one.value < 1000:
        coefficient, magnitude = other.coefficient, other.magnitude
        if coefficient % 1000 == 0 and any(found.word(n) == "mil" for n in range(other.figure_first, other.last + 1)):
            coefficient, magnitude = coefficient / 1000, magnitude * 1000  # entre 3 y 5 mil millones
        if one.value > coefficient:
            return None  # "from 50 to 35 million": a cut
        low = one.value * magnitude
    elif one.magnitude != 1 and other.magnitude == 1 and other.value < one.value and other.value > one.coefficient:
        other = replace(other, value=other.value * one.magnitude)  # $3bn-5
    if low >= other.value:
        return None
    last = other.last
    if found.word(last + 1) == "arasinda":
        last += 1
    qualifier, reach = qualifiers.qualifier_before(found, start)
    first = reach if qualifier == "approximately" else start
    currency = _chosen(one.currency, other.currency)
    span_start, span_end = found.span(first, last)
    money = Money(
        as_written=found.text[span_start:span_end], amount=plain(low), amount_min=plain(low),
            amount_max=plain(other.value),
        currency=currency.code, currency_is_inferred=currency.is_inferred, qualifier="between",
    )
    return MoneyMention(span_start, span_end, money)


def _chosen(*choices: Currency | None) -> Currency:
    known = [choice for choice in choices if choice is not None]
    stated = [choice for choice in known if not choice.is_inferred]
    return (stated or known or [Currency(None, False)])[0]


def _shared_list(found: Scan, sums: list[_Sum], position: int) -> list[_Sum]:
    """Elements of a list that shares its last element's currency ("3, 5 and 8 million euros"), else none."""
    end = position
    has_and = False
    while end + 1 < len(sums) and sums[end].currency is None:
        gap = [found.word(index) for index in range(sums[end].last + 1, sums[end + 1].first)]
        if gap in ([","], ["、"]):
            end += 1
        elif gap in (["and"], ["et"], ["y"], ["e"], ["und"], ["и"], ["و"], [",", "and"], ["ve"], ["和"]):
            has_and = True
            end += 1
        else:
            break
        if has_and:
            break
    final = sums[end]
    if end == position or not has_and or final.currency is None:
        return []
    elements = []
    for element in sums[position:end]:
        if found.kind(element.first) == "n" and len(found.word(element.first)) == 4 and 1900 <= element.value <= 2100:
            return []  # "in 2023 and 5 million euros"
        if element.magnitude == 1 and final.magnitude != 1 and element.value < 1000:
            element = replace(element, value=element.value * final.magnitude)
        elements.append(replace(element, currency=final.currency))
    return [*elements, final]


def _single(found: Scan, one: _Sum) -> MoneyMention:
    qualifier, first = _qualifier_first(found, one)
    after, last = qualifiers.qualifier_after(found, one.last)
    if after is not None and (qualifier is None or (qualifier == "approximately" and after != "approximately")):
        qualifier = after
    elif after is not None and last > one.last and qualifier is not None and after != qualifier:
        last = one.last
    if qualifier is None:
        qualifier = "more_than" if one.is_more else "approximately" if one.is_approximate else "exact"
    currency = one.currency or Currency(None, False)
    value = plain(one.value)
    minimum, maximum = qualifiers.bounds(qualifier, value)
    start, end = found.span(first, last)
    start += _start_of_name(found, first)
    end = _end_of_name(found, last, end)
    money = Money(
        as_written=found.text[start:end], amount=value, amount_min=minimum, amount_max=maximum,
        currency=currency.code, currency_is_inferred=currency.is_inferred, qualifier=qualifier,
    )
    return MoneyMention(start, end, money)


def _qualifier_first(found: Scan, one: _Sum) -> tuple[Qualifier | None, int]:
    if one.first < one.figure_first and found.kind(one.first) == "h":
        run = found.word(one.first)
        return qualifiers.cjk_suffix(run[: len(run) - currencies.chinese_suffix(run)])[0], one.first
    return qualifiers.qualifier_before(found, one.first)


def _start_of_name(found: Scan, first: int) -> int:
    """Where qualifier and currency begin within a Chinese run that ends with them ("总额超过人民币" + figure)."""
    if found.kind(first) != "h" or found.kind(first + 1) not in ("n", "c"):
        return 0
    run = found.word(first)
    size = currencies.chinese_suffix(run)
    size += qualifiers.cjk_suffix(run[: len(run) - size])[1]
    return len(run) - size


def _end_of_name(found: Scan, last: int, end: int) -> int:
    """End of the currency within a Chinese run, which goes on with other words."""
    if found.kind(last) != "h":
        return end
    name = currencies.chinese(found.word(last))
    if name is None:
        return end
    start, _ = found.span(last, last)
    return start + name[1]
