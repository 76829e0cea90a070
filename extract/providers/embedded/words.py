"""Words that decide small things, in nine languages: lists, casualties, what "the fund" may stand for.

Patterns only; where each is looked for, and what follows from it, is decided in `decide.py`.
"""

from __future__ import annotations

import re

# Between names of a list: commas, conjunctions, articles.
LIST = re.compile(
    r"(?:[\s,،、;\-]|\b(?:and|as well as|along with|together with|the|et|ainsi que|la|le|les|y|e|así como|und|sowie"
    r"|и|а также|ve|ile|junto con|os?|as?|el|los|las|de|von)\b"
    r"|(?<![\u0621-\u064a])(?:و|ال|وال|كل من|من)(?![\u0621-\u064a])|و|和|与|及|l'|d'|'){0,60}"
)
EACH = re.compile(
    r"\b(?:each|respectively|apiece|chacune?|respectivement|cada un[oa]?|respectivamente|jeweils|"
    r"je(?= \d)|по(?= \d)|каждый|каждая|"
    r"соответственно|cada|ayrı ayrı)\b|لكل منهما|كل منهما|على التوالي|على حدة|各",
    re.IGNORECASE,
)
# Before a sum that only repeats another in a second currency, outside brackets.
EQUIVALENT = re.compile(
    r"\b(?:equivalent|equal to|worth about|soit|équivalant|équivalent|equivalente?s?|lo que equivale|ou seja|umgerechnet|"
    r"что (?:эквивалентно|составляет)|эквивалент\w*|или (?:около|примерно|порядка)|karşılığı|yani)\b"
    r"|ما يعادل|أي (?:نحو|حوالي|ما)|约合|折合|相当于",
    re.IGNORECASE,
)
# Common nouns that stand for something named elsewhere, by what they can stand for.
COMMON_NOUNS: list[tuple[re.Pattern[str], frozenset[str]]] = [
    (
        re.compile(
            r"^(?:(?:the|this|that|its|le|la|l'|les|ce|cet|cette|el|los|las|este|esta|o|a|os|as|der|die|das|dem|den|des|dieser?)\s+)?"
            r"(?:island |west african |caribbean |pacific |balkan )?"
            r"(?:country|nation|state|republic|kingdom|island|government|pays|nation|État|république|royaume|île|gouvernement|país|"
            r"naci[oó]n|estado|rep[uú]blica|gobierno|isla|governo|ilha|nação|land(?:es)?|staat(?:es)?|regierung|republik|inselstaat|"
            r"стран[аеуы]|государств[оау]|республик[аеиу]|правительств[оау]|ülke(?:ye|si|nin)?|hükümet(?:i|e)?|"
            r"البلاد|الدولة|البلد|الحكومة|الجمهورية|该国|该国政府|政府|当地)$",
            re.IGNORECASE,
        ),
        frozenset({"country"}),
    ),
    (
        re.compile(
            r"(?:\b(?:funds?|programmes?|programs?|facility|initiative|fonds|mécanisme|fondos?|programas?|fundos?|iniciativa|"
            r"fond\w*|программ\w+|фонд\w*|инициатив\w+|fonu?|programı?)\b|صندوق|الصندوق|برنامج|البرنامج|مبادرة|基金|计划|项目)",
            re.IGNORECASE,
        ),
        frozenset({"programme"}),
    ),
    (
        re.compile(
            r"(?:\b(?:organi[sz]ation|bloc|alliance|union|agency|council|board|body|organisation|agence|conseil|instance|"
            r"organizaci[oó]n|bloque|alianza|agencia|consejo|junta|organização|bloco|aliança|agência|conselho|"
            r"organisation|bündnis\w*|rat|behörde|agentur|организаци\w+|альянс\w*|блок\w*|совет\w*|агентств\w+|"
            r"örgüt\w*|birli[kğ]\w*|ittifak\w*|kurul\w*|konsey\w*)\b"
            r"|المنظمة|الحلف|التحالف|الاتحاد|الوكالة|المجلس|الهيئة|الكتلة|该组织|联盟|机构|理事会|委员会)",
            re.IGNORECASE,
        ),
        frozenset({"igo", "bloc", "programme"}),
    ),
]
# What many gave together, none of them named.
COLLECTED = re.compile(
    r"\b(?:donors?|conference|participants|in total|altogether|raised|collected|countries|members|international community|"
    r"donateurs|bailleurs|conférence|participants|au total|récolté\w*|pays|communauté internationale|"
    r"donantes|conferencia|participantes|en total|recaud\w+|países|comunidad internacional|"
    r"doadores|conferência|no total|arrecad\w+|comunidade internacional|"
    r"geber\w*|konferenz|teilnehmer\w*|insgesamt|staaten|länder|staatengemeinschaft|"
    r"донор\w*|конференц\w*|участник\w*|собра\w+|стран\w*|сообществ\w+|"
    r"bağışçı\w*|konferans\w*|katılımcı\w*|toplam\w*|ülke\w*)\b|المانح|مؤتمر|المشارك|إجمالي|الدول|المجتمع الدولي"
    r"|捐助|会议|与会|总额|共|国际社会|各国",
    re.IGNORECASE,
)
# What help is for, not who receives it.
EVENTS = re.compile(
    r"^(?:(?:the|la|le|les|el|der|die|das|den|dem|o|a) )?(?:wiederaufbau\w*|wiederherstellung|erdbeben\w*|hochwasser\w*|flut\w*|nothilfe|hilfe|"
    r"reconstruction|recovery|relief|earthquake|quake|floods?|conference|conférence|séisme|reconstrucción|terremoto|conferencia|reconstrução|"
    r"conferência|восстановлени\w+|землетрясени\w+|конференци\w+|deprem\w*|konferans\w*)$",
    re.IGNORECASE,
)
# A force that no list knows, by its proper name.
MISSIONS = re.compile(
    r"(?:Mission|Force|Operation|Opération|Operación|Operação|Misión|Missão|Fuerza|Força|Truppe|Einsatz|Мисси\w+|Сил\w* |Операци\w+|"
    r"Misyonu?|Gücü?|Harek[aâ]tı?)|بعثة|قوة|عملية|特派团|部队|行动"
)
# Looked for in folded text, as the next ones.
CASUALTIES = re.compile(
    r"\b(?:killed|dead|deaths?|died|wounded|injured|captured|casualties|tues?|morts?|blesses?|tombes|muertos?|murieron|heridos?|"
    r"fallecid\w+|mortos?|morreram|feridos?|getotet\w*|gefallen\w*|verletzt\w*|ums leben|погиб\w*|убит\w*|ранен\w*|"
    r"oldu|oldurul\w+|yaralan\w+|hayatini kaybe\w+|sehit\w*)\b|قتل|مقتل|قتيل|جرح|اصيب|استشهد|阵亡|陣亡|死亡|牺牲|受伤|遇难"
)
SUSPENDED = re.compile(
    r"\b(?:suspen\w+|froze\w*|freez\w+|halt\w*|pause\w*|on hold|withh\w+|gel(?:e|es|ent|er|ait|ee?s?)\b|congel\w+|retien\w+|retenid\w+|"
    r"eingefror\w+|ausgesetzt|aussetz\w+|suspendier\w+|приостан\w+|заморо\w+|отстран\w+|askiya\w*|dondur\w+)\b"
    r"|علق|تعليق|جمد|تجميد|暂停|冻结|中止|搁置"
)
CANCELLED = re.compile(
    r"\b(?:cancel\w*|scrap\w*|revok\w+|terminat\w+|annul\w*|supprim\w+|anul\w+|rescind\w+|storn\w+|gestrichen|streich\w+|отмен\w+|аннулир\w+|"
    r"iptal\w*)\b|الغ[ىاتيا]|الغاء|取消|撤销"
)
INVITATION = re.compile(r"\b(?:invit\w+|einlad\w+|eingelad\w+|приглаш\w+|davet\w*)\b|دعو|邀请")
ACCEPTANCE = re.compile(
    r"\b(?:accept\w*|agree\w*|acept\w*|aceit\w*|angenommen|nimmt|zugesagt|приня\w+|соглас\w+|kabul\w*|declin\w+|refus\w+|reject\w*|rechaz\w+|"
    r"recus\w+|lehn\w+|отказ\w+|отклон\w+|reddet\w*)\b|قبل|وافق|موافق|رفض|接受|同意|拒绝"
)
# Stands between a part that was paid and what was promised: "30 of the 75 million", "30 der 75 Millionen".
PART_OF = re.compile(
    r"\d[^.;()]{0,32}(?:\b(?:(?:out )?of (?:the|its|their|his|her|an?)|der|von den|des|sur les|parmi les|de los|de las|de sus|dos|das|из)\s+"
    r"(?:(?:us)?[$€£] ?|eur |usd )?$|من (?:أصل |اصل )?$|中的$)",
    re.IGNORECASE,
)
# A sentence that says who sits in a body. Where it lists persons, they are its members.
COMPOSITION = re.compile(
    r"\b(?:compris(?:es|ed|ing)|compos(?:ed|ition)|made up of|consists? of|includes?|including|members? (?:are|include|will be)|line-?up|"
    r"comprend|comprennent|comprendra|se compose|composee?s?|inclut|rassemble|reunit|membres (?:sont|seront)|siegent|siegeront|"
    r"compuest[oa]|se compone|integran|integrad[oa]|incluye|conforman|formad[oa] por|miembros (?:son|seran)|"
    r"compost[oa]|compoe|compoem|integram|integrado|inclui|membros (?:sao|serao)|"
    r"besteht aus|bestehen aus|gehoren|umfasst|zusammensetzung|zusammengesetzt|mitglieder sind|"
    r"вход\w+|вош\w+|состав\w*|включа\w+|"
    r"olus\w+|yer al\w+|uyeleri|bilesim\w*)\b|يضم|تضم|يتالف|تتالف|يتكون|تتكون|تشكيل|عضويه|成员包括|成员有|成员为|组成"
)
# The few who run an organisation, not all that belong to it.
EXECUTIVES = re.compile(
    r"\b(?:executive|executif|ejecutiv[oa]|executiv[oa]|exekutiv\w*|vorstand\w*|исполнительн\w+|правлени\w+|yurutme|icra)\b|تنفيذي|执行|理事会"
)
EXPELLED = re.compile(r"\b(?:expel\w*|expuls\w+|exclu\w+|ausgeschloss\w+|ausschl\w+|исключ\w+|ihrac\w*)\b|طرد|开除|逐出")
# Common nouns for people and bodies that receive in their own right.
GROUPS = re.compile(
    r"organi[sz]a|agenc|agence|refugee|réfugié|refugiad|flüchtling|бежен|organisation|victim|víctim|vítima|opfer|пострадав|"
    r"famil|migrant|hospital|universit|school|école|escuel|населени|организаци|mülteci|لاجئ|منظم|ضحاي|متضرر|难民|灾民|机构|组织",
    re.IGNORECASE,
)
# Begins the name of a project, which receives for its country.
PROJECTS = re.compile(
    r"^(?:(?:the|le|la|l['’]|el|o|a|das|dem|der|die)\s*)?(?:\w+\s+)?"
    r"(?:project|programme?|projet|proyecto|programa|projeto|projekt\w*|programm\w*|проект\w*|программ\w*|proje\w*|program\w*)\b"
    r"|^(?:ال)?(?:مشروع|برنامج)|(?:项目|項目|工程)$",
    re.IGNORECASE,
)
# What a description calls a body ("the anti-gang force", "Klimafonds"), and what such a body is called in English.
BODIES: list[tuple[re.Pattern[str], re.Pattern[str]]] = [
    (re.compile(r"funds?$|fonds\b|^fondos?\b|^fundos?\b|^фонд|\bfon(?:u|a|un)?$", re.IGNORECASE), re.compile(r"Fund|Facility")),
    (re.compile(r"force$|truppe$|^force\b|^fuerza\b|^força\b|^сил|gücü?(?:ne)?$", re.IGNORECASE), re.compile(r"Force")),
    (re.compile(r"mission$|^mission\b|^misión\b|^missão\b|^мисси|misyonu?$", re.IGNORECASE), re.compile(r"Mission")),
    (re.compile(r"board$|council$|(?<!staats)rat(?:es)?$|^conseil\b|^consejo\b|^conselho\b|^junta\b|^совет|kurulu?$|konseyi?$",
                re.IGNORECASE), re.compile(r"Board|Council")),
]
# One word that names a kind of body and no body, also with a capital: "Fonds", "the Bank", "el Gobierno".
GENERIC = re.compile(
    r"(?:(?:the|le|la|el|o|a|der|die|das|den|dem|des|dieser|diese|dieses)\s+|l['’])?"
    r"(?:fund|bank|organi[sz]ation|bloc|alliance|union|agency|council|board|commission|government|ministry|foundation|institution|"
    r"fonds|banque|organisation|agence|conseil|gouvernement|ministère|fondation|"
    r"fondo|banco|organizaci[oó]n|agencia|consejo|gobierno|ministerio|fundaci[oó]n|instituci[oó]n|"
    r"fundo|organização|agência|conselho|governo|ministério|fundação|instituição|"
    r"bündnis(?:ses)?|allianz|rat(?:es)?|agentur|regierung|ministeriums?|stiftung|behörde|land(?:es)?|"
    r"фонд\w{0,2}|банк\w{0,2}|правительств\w|министерств\w|организаци\w|альянс\w?|совет\w?|агентств\w|"
    r"fon|banka|hükümet|bakanlık|örgüt|birlik|vakıf|kurum)",
    re.IGNORECASE,
)

# "from 50 to 75 million": what is changed, and the words between the old figure and the new one. Looked for in folded text.
CHANGES = re.compile(
    r"\b(?:rais|increas|boost|lift|upp(?:ed|ing)|ups\b|doubl|tripl|trebl|cut|reduc|lower|trim|slash|scal|grew|releve|porte|porta|"
    r"augment|hauss|passe|reduit|abaiss|sube|subi|elev|aument|increment|ampli|rebaj|reduj|recort|sobe|reduz|cort|baix|erhoh|"
    r"aufgestock|stock|heb|senk|kurz|reduzier|увелич|повыс|повыш|сниз|сниж|сократ|уменьш|довел|cikar|yuksel|artir|indir|dusur)"
    r"|رفع|زاد|زياد|ارتفع|خفض|قلص|增|提高|升|减|降|下调|上调"
)
OLD_FIGURE = re.compile(r"(?:\b(?:from|de|von|с|со)|من|[从由])\s*$")
NEW_FIGURE = re.compile(r"\s(?:to|a|à|para|auf|до|الي|إلى|الى)\s+(?=\S*\d)|(?:增加到|增加至|提高到|提高至|上调至|下调至|减少到|[增升减降]至)")
