"""What a sum that nobody in particular gives is, read from the words around it.

In: a text and the place of a sum. Out: target, need, total raised, budget, cost or threshold, or
nothing when no word says so. Whether a sum is such a one is decided elsewhere.
"""

from __future__ import annotations

import re

from extract.normalise.tokens import fold_letters

# The nearest cue decides; these are looked for in the folded text.
_CUES: dict[str, str] = {
    "target": r"targets?|goals?|aim(?:s|ed|ing)?|appeal(?:s|ed|ing)?|seek(?:s|ing)?|sought|ask(?:s|ed|ing)? for|hop(?:es?|ed|ing) to raise|"
    r"requested|call(?:s|ed|ing)? for|set itself|objecti[fv]\w*|appels?|demand(?:e|es|ait|ent)|sollicit\w+|vis(?:e|ait|ent) a|reclam\w+|"
    r"metas?|objetivos?|llamamiento|solicit\w+|pid(?:e|en|io|ieron)|recaudar|reunir|apelo|pede|pediu|arrecadar|angepeilt|ziel\w*|appell\w*|"
    r"aufruf\w*|bitte[tn]?|erbat\w*|цел[ьи]\w*|призыв\w*|призва\w+|запра\w+|запрос\w*|просит|просят|собрать|hedef\w*|cagri\w*|talep\w*|"
    r"目标|呼吁|募集|筹集|请求|هدف|تهدف|يهدف|نداء|مناشد\w*|تطلب|طلبت|يسعى|تسعى|جمع",
    "need": r"needs?|needed|requires?|required|requirements?|necessary|besoins?|necessite\w*|faut|faudra\w*|requis|manque|necesit\w+|"
    r"necesari\w+|hac(?:e|en) falta|hara falta|precisa\w*|necessidades?|necessari\w+|faltam|bedarf\w*|benotig\w+|brauch\w+|notig|fehlen|"
    r"нужн\w+|необходим\w*|потребност\w*|требу\w+|не хватает|ihtiya\w+|gerek\w*|需要|需求|所需|يحتاج\w*|تحتاج|الاحتياجات|احتياج\w*|بحاجه|تتطلب|يتطلب",
    "total_raised": r"raised|collected|brought in|mobili[sz]ed|mustered|gathered|in total|altogether|pledges? (?:of|worth|totall\w+)|recolt\w+|"
    r"mobilise\w*|reuni\w+|leve\w*|au total|recaud(?:o|ado|ados|aron)|recolect\w+|reunio|moviliz\w+|en total|arrecad(?:ou|ados|aram)|"
    r"mobiliz\w+|reuniu|rendeu|no total|eingesammelt|gesammelt|zusammen(?:gekommen)?|zusagen|erbracht\w*|aufgebracht|insgesamt|собра(?:л|ли|но|ла)|"
    r"привлек\w+|в общей сложности|обязательств\w*|toplan\w+|topladi|taahhut\w*|toplam\w*|筹得|募得|筹集了|承诺总额|共|总额|جمعت|جمع|حصيل\w*|تعهدات|اجمالي",
    "budget": r"budgets?|budgete\w*|presupuest\w+|orcament\w+|haushalt\w*|etat\w*|бюджет\w*|butce\w*|预算|ميزاني\w*|موازن\w*",
    "cost": r"costs?|costing|coute\w*|couts?|cuest\w+|costo|costos|coste|costes|costar\w*|custo|custos|custa\w*|kostet|kosten\w*|kosteten|стоимост\w*|"
    r"обойд\w+|обош\w+|стоит|maliyet\w*|耗资|费用|成本|造价|تكلف\w*|كلف\w*",
    "threshold": r"must (?:pay|contribute|put|give|deposit)|entry (?:fee|ticket)|admission|joining fee|minimum|permanent (?:seat|chair|member\w*)|devr(?:a|ont)|"
    r"ticket d'entree|siege permanent|minimal\w*|deber[aá]n?|cuota minima|asiento permanente|devera|cota minima|assento permanente|mindest\w*|"
    r"eintritt\w*|dauerhafte\w* (?:sitz|mitglied\w*)|обязан\w*|не менее|взнос\w*|постоянн\w+ (?:мест\w+|член\w+)|asgari|en az|daimi|"
    r"最低|门槛|至少|永久|الحد الادني|مقعد دايم|عضويه دايمه|يتعين|علي الدول",
}
_PATTERN = re.compile("|".join(
    rf"(?P<{role}>(?<![a-zа-я])(?:[وفبل]?(?:ال)?)?(?:{cues})(?![a-zа-я]))" for role, cues in _CUES.items()
))  # fmt: skip
_FARTHEST = 90


def role_from_words(text: str, start: int, end: int, sentence: tuple[int, int]) -> str | None:
    """The role that the nearest cue of the sentence gives; None where none stands near.

    Args:
        start, end: Place of the sum in `text`.
        sentence: Place of its sentence.
    """
    folded, offsets = fold_letters(text[sentence[0] : sentence[1]])
    best: tuple[int, str] | None = None
    for found in _PATTERN.finditer(folded):
        low, high = found.start(), found.end()
        if offsets is not None:
            low, high = offsets[low], offsets[high - 1] + 1
        low, high = low + sentence[0], high + sentence[0]
        distance = start - high if high <= start else low - end + 8 if low >= end else None
        if distance is not None and distance <= _FARTHEST and (best is None or distance < best[0]):
            best = (distance, str(found.lastgroup))
    return best[1] if best else None
