"""Currency names, symbols and codes of nine languages → ISO 4217.

A name belongs to a family (dollar, franc, dinar …); a country beside it picks the member. Without
a country the rule is:

* A name that one country uses, or that means one currency in practice (euro, yen, won, zloty, rouble,
  yuan, Franken, rand, reais), is that currency: stated, not inferred.
* Plain dollars are USD, pounds GBP, rupees INR, lira TRY, kronor SEK, koruna CZK, ¥ JPY (CNY in a
  Chinese text): inferred.
* Plain francs, pesos, dinars, dirhams, riyals, kroner, shillings and, in Arabic, pounds and liras are
  used by too many countries: the currency is None.

Where in a text such words stand does not belong here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from extract.normalise.tokens import fold_words, word_set


class Currency(NamedTuple):
    """ISO 4217 code, None when the words leave several, and whether it was inferred."""

    code: str | None
    is_inferred: bool


# family → (code without a country, is it inferred, names). A name may end in "*": any ending goes.
_FAMILIES: dict[str, tuple[str | None, bool, str]] = {
    "dollar": ("USD", True,
        "dollar dollars dlrs dólar dólares dolares dollaro доллар* долл دولار دولارا دولارات دولارين dolar* "
        "dollarn 美刀"
    ),
    "euro": ("EUR", False, "euro euros евро يورو اليورو avro* euroluk euroya euronun euroyu eurodan"),
    "pound": ("GBP", True, "pound pounds livre livres libra libras pfund фунт* sterlin*"),
    "sterling": ("GBP", False, "sterling стерлингов استرليني esterlinas sterlini"),
    "arabic pound": (None, False, "جنيه جنيها جنيهات جنيهين"),
    "arabic lira": (None, False, "ليرة ليرات"),
    "franc": (None, False, "franc francs franco francos франк* فرنك فرنكا فرنكات frank*"),
    "franken": ("CHF", False, "franken schweizerfranken sfr"),
    "yen": ("JPY", False, "yen yens yenes иен иены иена йен йены ين yenlik iene ienes"),
    "yuan": ("CNY", False, "yuan yuans yuanes renminbi rmb юань юаня юаней юанях юанями يوان يوانا yuanlik"),
    "rouble": ("RUB", False,
        "ruble rubles rouble roubles rublo rublos rubel рубль рубля рублей рублях рублями рублям руб روبل روبلا "
        "روبلات rublesi"
    ),
    "rupee": ("INR", True,
        "rupee rupees roupie roupies rupia rupias rupien rupie рупий рупии рупия روبية روبيات rupi rs"
    ),
    "riyal": (None, False,
        "riyal riyals rial rials riyales риал* риял* ريال ريالا ريالات riyali riyalin riyalini riyallik"
    ),
    "dirham": (None, False,
        "dirham dirhams dirhem dirhami dirhames dirrã дирхам* درهم درهما دراهم dhs dirhemlik dirhemin"
    ),
    "dinar": (None, False, "dinar dinars dinares динар* دينار دينارا دنانير dinari dinarin dinarlik"),
    "krona": ("SEK", True, "kronor"),
    "krone": (None, False,
        "krone kroner krona kronen crown crowns couronne couronnes corona coronas coroa coroas крон крона кроны "
        "кронах كرونة كرون كرونات kron kronu kronun kronluk kronla krondan kronundan"
    ),
    "koruna": ("CZK", True, "koruna korun koruny"),
    "isk": ("ISK", False, "krónur"),
    "peso": (None, False, "peso pesos песо بيزو بيسو"),
    "real": ("BRL", False, "reais reales реалов"),
    "won": ("KRW", False, "won wons вон вона wones وون"),
    "zloty": ("PLN", False, "zloty zlotys zlotych zlote злот* زلوتي eslotis zlotis"),
    "lira": ("TRY", True, "lira liras lire liralik lirasi лир лиры лира tl"),
    "rand": ("ZAR", False, "rand rands рэнд* ранд* راند"),
    "shekel": ("ILS", False,
        "shekel shekels shekalim séquel sheqel sheqels schekel шекел* شيكل شيقل شيكلا шекель nis shequels siclos"
    ),
    "hryvnia": ("UAH", False,
        "hryvnia hryvnias hryvnya hryvnas grivna grivnas grivnia griwna hrywnja гривен гривна гривны гривень "
        "гривнах هريفنيا grivnias grivni"
    ),
    "tenge": ("KZT", False, "tenge tenges tengués тенге تنغي تينغ"),
    "som": ("KGS", False, "som soms сом сомов сома"),
    "sum": ("UZS", False, "сум сумов soum soums sums"),
    "somoni": ("TJS", False, "somoni сомони"),
    "manat": (None, False, "manat manats манат* مانات"),
    "lari": ("GEL", False, "lari laris лари لاري"),
    "dram": ("AMD", False, "dram drams драм драма драмов درام"),
    "leu": ("RON", True, "lei leu leus лей леев ليو"),
    "lev": ("BGN", False, "lev leva levs лев левов"),
    "forint": ("HUF", False, "forint forints форинт* huf فورنت"),
    "denar": ("MKD", False, "denar denars денар*"),
    "lek": ("ALL", False, "lek leks leke"),
    "mark": ("DEM", True, "mark marks deutschmark deutschmarks d-mark марок"),
    "rupiah": ("IDR", False, "rupiah rupiahs рупиах"),
    "ringgit": ("MYR", False, "ringgit ringgits ринггит* رينغيت"),
    "baht": ("THB", False, "baht bahts бат батов بات"),
    "dong": ("VND", False, "dong dongs донг*"),
    "kyat": ("MMK", False, "kyat kyats кьят*"),
    "kip": ("LAK", False, "kip kips"),
    "riel": ("KHR", False, "riel riels"),
    "taka": ("BDT", False, "taka takas така تاكا"),
    "afghani": ("AFN", False, "afghani afghanis афгани أفغاني"),
    "tugrik": ("MNT", False, "tugrik tugriks tögrög тугрик*"),
    "birr": ("ETB", False, "birr birrs быр быров"),
    "naira": ("NGN", False, "naira nairas найра найр نايرا"),
    "cedi": ("GHS", False, "cedi cedis седи"),
    "shilling": (None, False, "shilling shillings schilling chelines chelín шиллинг* شلن شلنا shilings xelins"),
    "kwacha": (None, False, "kwacha kwachas"),
    "pula": ("BWP", False, "pula pulas"),
    "metical": ("MZN", False, "metical meticais meticals"),
    "kwanza": ("AOA", False, "kwanza kwanzas"),
    "ariary": ("MGA", False, "ariary"),
    "dalasi": ("GMD", False, "dalasi dalasis"),
    "leone": ("SLE", False, "leone leones"),
    "nakfa": ("ERN", False, "nakfa"),
    "gourde": ("HTG", False, "gourde gourdes"),
    "quetzal": ("GTQ", False, "quetzal quetzales quetzals"),
    "lempira": ("HNL", False, "lempira lempiras"),
    "cordoba": ("NIO", False, "córdobas cordobas"),
    "colon": ("CRC", True, "colones colons"),
    "balboa": ("PAB", False, "balboas"),
    "bolivar": ("VES", False, "bolivar bolivares bolivars bolívares боливар*"),
    "boliviano": ("BOB", False, "bolivianos"),
    "guarani": ("PYG", False, "guaraní guaraníes guaranis guaranies"),
    "sol": ("PEN", False, "soles"),
    "peseta": ("ESP", False, "peseta pesetas песет*"),
    "drachma": ("GRD", False, "drachma drachmas drachmes dracmas"),
    "guilder": ("NLG", True, "guilder guilders florin florins florines gulden"),
    "escudo": (None, False, "escudo escudos"),
    "markka": ("FIM", False, "markka markkaa"),
}
_COUNTRY_CODES: dict[str, str] = {
    "dollar": (
        "us:USD ca:CAD au:AUD nz:NZD hk:HKD sg:SGD tw:TWD jm:JMD bb:BBD tt:TTD bs:BSD bz:BZD fj:FJD lr:LRD na:NAD "
        "zw:ZWL gy:GYD sr:SRD bn:BND sb:SBD xc:XCD"
    ),
    "pound": "gb:GBP eg:EGP lb:LBP sy:SYP sd:SDG ss:SSP ie:IEP cy:CYP tr:TRY",
    "arabic pound": "gb:GBP eg:EGP sd:SDG ss:SSP",
    "arabic lira": "lb:LBP sy:SYP tr:TRY it:ITL",
    "franc": "ch:CHF cfa:XOF fr:FRF be:BEF lu:LUF rw:RWF bi:BIF dj:DJF gn:GNF cd:CDF km:KMF pf:XPF",
    "rouble": "ru:RUB by:BYN",
    "rupee": "in:INR pk:PKR np:NPR lk:LKR mu:MUR sc:SCR id:IDR",
    "riyal": "sa:SAR qa:QAR om:OMR ye:YER ir:IRR br:BRL",
    "dirham": "ae:AED ma:MAD",
    "dinar": "kw:KWD bh:BHD jo:JOD iq:IQD ly:LYD tn:TND dz:DZD rs:RSD mk:MKD",
    "krone": "no:NOK dk:DKK se:SEK is:ISK cz:CZK ee:EEK sk:SKK",
    "krona": "se:SEK is:ISK",
    "koruna": "cz:CZK sk:SKK",
    "peso": "mx:MXN ar:ARS cl:CLP co:COP ph:PHP uy:UYU cu:CUP do:DOP",
    "won": "kr:KRW kp:KPW",
    "lira": "tr:TRY it:ITL lb:LBP sy:SYP",
    "manat": "az:AZN tm:TMT",
    "leu": "ro:RON md:MDL",
    "mark": "de:DEM fi:FIM ba:BAM",
    "shilling": "ke:KES ug:UGX tz:TZS so:SOS at:ATS",
    "kwacha": "zm:ZMW mw:MWK",
    "guilder": "nl:NLG aw:AWG sr:SRG",
    "escudo": "cv:CVE pt:PTE",
    "yuan": "cn:CNY",
    "yen": "jp:JPY",
    "real": "br:BRL",
    "shekel": "il:ILS",
    "som": "kg:KGS uz:UZS",
    "sum": "uz:UZS",
    "colon": "cr:CRC sv:SVC",
}
# country → stems of its adjective and names; a stem stands for every word that begins with it.
_COUNTRY_STEMS: dict[str, str] = {
    "us": (
        "us usa u.s american estadounidens norteamerican americain amerikan états-unis etats-unis unis usd eeuu "
        "eua сша американ أمريكي أميركي امريكي اميركي الأمريكي الأميركي أمريكية أميركية abd ee.uu"
    ),
    "ca": "canad kanad канад كندي can cad",
    "au": "austral австрал أسترالي استرالي avustralya aud",
    "nz": "newzealand néo-zélandais neozelandes neozeland neuseel новозел نيوزيلندي yenizelanda zealand nz néo",
    "hk": "hong hongkong гонконг hk هونغ",
    "sg": "singap singapur сингапур سنغافور",
    "tw": "taiwan taiwán тайван تايوان",
    "jm": "jama",
    "bb": "barbad",
    "tt": "trinid",
    "bs": "baham",
    "bz": "beliz",
    "fj": "fiji fidji",
    "lr": "liberi",
    "na": "namib",
    "zw": "zimbab зимбаб",
    "gy": "guyan",
    "bn": "brune",
    "sb": "solomon",
    "xc": "caribbean",
    "gb": (
        "sterling british britann britisch britanni britan esterlina esterlinas стерлинг британ استرليني إسترليني "
        "الإسترليني ingiliz"
    ),
    "eg": "egypt égypt egipci ägypt египет مصري misir",
    "lb": "leban liban libanes libanesisch ливан لبناني lubnan",
    "sy": "syri siri syrisch сирий سوري suriye",
    "sd": "sudan soudan судан سوداني",
    "ss": "south-sudan",
    "ie": "irish irland",
    "cy": "cypr chypr",
    "tr": "turk turkish turc turqu türk турец تركي",
    "ch": "swiss suiss suiz schweiz suíç швейцар سويسري isviçre",
    "cfa": "cfa fcfa кфа",
    "fr": "french français france frances französ француз فرنسي fransiz",
    "be": "belg",
    "lu": "luxemb",
    "rw": "rwand ruand",
    "bi": "burund",
    "dj": "djib",
    "gn": "guin",
    "cd": "congol",
    "km": "comor",
    "pf": "pacifi",
    "ru": "russ rus russe ruso russisch россий русск روسي",
    "by": "belarus biélorus bielorrus белорус بيلاروسي",
    "in": "indian indien indi indisch индий هندي",
    "pk": "pakist пакист باكستاني",
    "np": "nepal népal непал",
    "lk": "sri шри",
    "mu": "mauri",
    "sc": "seychell",
    "id": "indones индонез إندونيسي",
    "sa": "saudi saoud saudit saudí saud сауд سعودي suudi",
    "qa": "qatar catar катар قطري katar",
    "om": "oman omán оман عماني umman",
    "ye": "yemen yémen jemen йемен يمني",
    "ir": "iran irán иран إيراني",
    "br": "brazil brasil brésil бразил برازيلي",
    "ae": "uae emirat émirat emirí emiratí إماراتي اماراتي оаэ эмират bae birleşik",
    "ma": "morocc maroc marroqu marok марокк مغربي fas",
    "kw": "kuwait koweït koweit kuwaití кувейт كويتي kuveyt",
    "bh": "bahrain bahreïn bahrein barein бахрейн بحريني bahreyn",
    "jo": "jordan jordani иордан أردني اردني ürdün",
    "iq": "iraq irak iraquí ирак عراقي",
    "ly": "libya liby libi ливий ليبي",
    "tn": "tunis tunec тунис تونسي",
    "dz": "algér alger argel algeri алжир جزائري cezayir",
    "rs": "serb сербск صربي sirp",
    "mk": "macedon maked",
    "no": "norw norvég norueg norweg норвеж نرويجي norveç norges",
    "dk": "danish danois danés danes dinamar dänisch датск دنماركي danimarka",
    "se": "swed suéd suec schwed шведск سويدي isveç sven",
    "is": "iceland island исланд أيسلندي",
    "cz": "czech tchèque tchequ chec tschech чешск تشيكي çek",
    "ee": "eston",
    "sk": "slovak",
    "mx": "mexic mexiq mexik мексик مكسيكي meksika",
    "ar": "argentin аргент أرجنتيني arjantin",
    "cl": "chile chili чилий تشيلي",
    "co": "colomb kolumb колумб كولومبي",
    "ph": "philipp filip филип فلبيني",
    "uy": "urugu",
    "cu": "cuba",
    "do": "dominic",
    "kr": "korea coré core südkor корей kore كوري south",
    "kp": "northkorea",
    "it": "ital итал إيطالي",
    "az": "azer aser азерб أذربيجاني",
    "tm": "turkmen туркмен",
    "ro": "roma ruman rumän румын",
    "md": "moldov молдав",
    "de": "german allemand deutsch aleman немецк",
    "fi": "fin fenn финск",
    "ba": "bosn convertible",
    "ke": "keny kenia кений",
    "ug": "ugand угандий",
    "tz": "tanz танзан",
    "so": "somal",
    "at": "austria autrich österr",
    "zm": "zambi sambi",
    "mw": "malaw",
    "nl": "dutch hollan néerland niederl holand",
    "aw": "arub",
    "cv": "cape cap-verd",
    "pt": "portug",
    "cn": "chin китай صيني",
    "jp": "japan japon япон ياباني",
    "il": "israel israël isra израил إسرائيلي",
    "kg": "kirg kyrg кирг",
    "uz": "uzbek ouzb узбек",
    "cr": "costa",
    "sv": "salvad",
    "sr": "surin",
}
# A stem this short would catch ordinary words: whole words only.
_WHOLE = word_set(
    "us usa u.s сша abd bae can cad aud usd eua eeuu hk nz cfa fcfa is fin unis in sri south uae fas rus so core "
    "indi rom кфа"
)

# Letters before or after a "$" or "£".
_DOLLAR_LETTERS = {
    "us": "USD", "u": "USD", "usd": "USD", "a": "AUD", "au": "AUD", "aud": "AUD", "c": "CAD", "ca": "CAD",
    "can": "CAD", "cad": "CAD", "cdn": "CAD", "nz": "NZD", "nzd": "NZD", "hk": "HKD", "hkd": "HKD", "s": "SGD",
    "sg": "SGD", "sgd": "SGD", "r": "BRL", "nt": "TWD", "mx": "MXN", "mex": "MXN", "j": "JMD", "bds": "BBD",
    "tt": "TTD", "fj": "FJD", "ec": "XCD", "b": "BND", "z": "ZWL", "n": "NAD", "g": "GYD", "l": "LRD", "cl": "CLP",
    "ar": "ARS", "col": "COP",
}  # fmt: skip
_POUND_LETTERS = {
    "e": "EGP", "le": "EGP", "ll": "LBP", "lbp": "LBP", "ir": "IEP", "s": "SYP", "ssp": "SSP", "sd": "SDG",
    "gb": "GBP", "uk": "GBP",
}  # fmt: skip
_SYMBOLS = {
    "$": ("USD", True), "€": ("EUR", False), "£": ("GBP", False), "¥": ("JPY", True), "₽": ("RUB", False),
    "₹": ("INR", False), "₺": ("TRY", False), "₩": ("KRW", False), "₪": ("ILS", False), "₴": ("UAH", False),
    "₦": ("NGN", False), "₫": ("VND", False), "₱": ("PHP", True), "₸": ("KZT", False), "₼": ("AZN", False),
    "₾": ("GEL", False), "₵": ("GHS", False), "฿": ("THB", False), "₡": ("CRC", False), "₲": ("PYG", False),
    "৳": ("BDT", False),
}  # fmt: skip
# Abbreviations as written, before or after figures; case counts.
_ABBREVIATIONS: dict[str, tuple[str | None, bool]] = {
    "Rs": ("INR", True), "R": ("ZAR", True), "RM": ("MYR", False), "Rp": ("IDR", False), "Fr": ("CHF", True),
    "SFr": ("CHF", False), "sFr": ("CHF", False), "kr": (None, False), "Kr": (None, False), "SKr": ("SEK", False),
    "NKr": ("NOK", False), "DKr": ("DKK", False), "zł": ("PLN", False), "Kč": ("CZK", False), "Ft": ("HUF", False),
    "FCFA": ("XOF", True), "CFA": ("XOF", True), "Dh": (None, False), "DH": (None, False), "Dhs": (None, False),
    "KSh": ("KES", False), "KSh.": ("KES", False), "Ksh": ("KES", False), "USh": ("UGX", False),
    "TSh": ("TZS", False), "NIS": ("ILS", False), "QR": ("QAR", False), "SR": ("SAR", False), "KD": ("KWD", False),
    "BD": ("BHD", False), "JD": ("JOD", False), "DT": ("TND", False), "DA": ("DZD", False), "RMB": ("CNY", False),
    "DM": ("DEM", False), "FF": ("FRF", False), "BRL": ("BRL", False), "TL": ("TRY", False), "Tk": ("BDT", False),
    "LE": ("EGP", False), "Lm": ("MTL", False), "руб": ("RUB", False), "ecus": ("XEU", False), "ECU": ("XEU", False),
    "SDR": ("XDR", False), "DTS": ("XDR", False),
}  # fmt: skip
# Letters that hold a magnitude and a currency: MEUR, MUSD, MDH.
MIXED_CODES = {
    "meur": (6, "EUR"), "musd": (6, "USD"), "keur": (3, "EUR"), "kusd": (3, "USD"), "mmdh": (9, "MAD"),
    "mdh": (6, "MAD"), "mda": (9, "DZD"), "mdd": (6, "USD"), "mdp": (6, "MXN"), "mnusd": (6, "USD"),
    "mneur": (6, "EUR"), "mgbp": (6, "GBP"), "mnok": (6, "NOK"), "msek": (6, "SEK"), "mdkk": (6, "DKK"),
    "mchf": (6, "CHF"), "teur": (3, "EUR"), "mrub": (6, "RUB"),
}  # fmt: skip
_ISO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD "
    "HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD "
    "LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP "
    "PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT "
    "TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XDR XOF XPF YER ZAR ZMW ZWL DEM FRF ITL "
    "ESP BEF NLG ATS FIM IEP GRD PTE XEU "
)
_CHINESE: dict[str, str | None] = {
    "美元": "USD", "美金": "USD", "欧元": "EUR", "歐元": "EUR", "英镑": "GBP", "英鎊": "GBP", "日元": "JPY",
    "日圆": "JPY", "日圓": "JPY", "加元": "CAD", "加拿大元": "CAD", "澳元": "AUD", "澳大利亚元": "AUD",
    "新西兰元": "NZD", "纽元": "NZD", "港元": "HKD", "港币": "HKD", "港幣": "HKD", "新台币": "TWD", "台币": "TWD",
    "新加坡元": "SGD", "新元": "SGD", "瑞士法郎": "CHF", "瑞郎": "CHF", "卢布": "RUB", "俄罗斯卢布": "RUB",
    "韩元": "KRW", "韓元": "KRW", "卢比": "INR", "印度卢比": "INR", "巴基斯坦卢比": "PKR", "瑞典克朗": "SEK",
    "挪威克朗": "NOK", "丹麦克朗": "DKK", "人民币": "CNY", "元人民币": "CNY", "人民币元": "CNY", "沙特里亚尔": "SAR",
    "卡塔尔里亚尔": "QAR", "迪拉姆": "AED", "兹罗提": "PLN", "里拉": "TRY", "土耳其里拉": "TRY", "谢克尔": "ILS",
    "兰特": "ZAR", "雷亚尔": "BRL", "比索": None, "第纳尔": None, "科威特第纳尔": "KWD", "法郎": None, "坚戈": "KZT",
    "格里夫纳": "UAH", "林吉特": "MYR", "令吉": "MYR", "泰铢": "THB", "越南盾": "VND", "克朗": None, "非洲法郎": "XOF",
    "西非法郎": "XOF", "中非法郎": "XAF", "人民幣": "CNY",
}  # fmt: skip


def family(word: str) -> str | None:
    """Family of a folded currency name, Arabic article and clitics apart; None if it names none."""
    exact, stems = _names()
    found = exact.get(word)
    if found is not None:
        return found
    for prefix in ("ال", "بال", "لل", "و", "ب", "ل"):
        if word.startswith(prefix) and word[len(prefix):] in exact and "ا" <= word[0] <= "ي":
            return exact[word[len(prefix):]]
    match = stems.match(word)
    return None if match is None else exact[match.group() + "*"]


def country(word: str) -> str | None:
    """Country key of a folded adjective or name ("canadiens", "сша", "amerikanische"), None if unknown."""
    whole, stems = _countries()
    if word in whole:
        return whole[word]
    match = stems.match(word)
    if match is None and word.startswith("ال"):
        match = stems.match(word[2:])
    return None if match is None else whole[match.group() + "*"]


def member(name: str, country_key: str | None) -> Currency | None:
    """Member of family `name` that `country_key` uses; None when that country has none."""
    if country_key is None:
        code, is_inferred, _ = _FAMILIES[name]
        return Currency(code, is_inferred)
    code = dict(pair.split(":") for pair in _COUNTRY_CODES.get(name, "").split()).get(country_key)
    return None if code is None else Currency(code, False)


# ISO 3166-1 alpha-3 → its currency, where the currency's name alone leaves several countries.
_ALPHA3 = {
    "CHE": "CHF", "LIE": "CHF", "SWE": "SEK", "NOR": "NOK", "DNK": "DKK", "ISL": "ISK", "CZE": "CZK", "MEX": "MXN",
    "ARG": "ARS", "CHL": "CLP", "COL": "COP", "PHL": "PHP", "URY": "UYU", "CUB": "CUP", "DOM": "DOP", "KWT": "KWD",
    "BHR": "BHD", "JOR": "JOD", "IRQ": "IQD", "LBY": "LYD", "TUN": "TND", "DZA": "DZD", "SRB": "RSD", "ARE": "AED",
    "MAR": "MAD", "SAU": "SAR", "QAT": "QAR", "OMN": "OMR", "YEM": "YER", "IRN": "IRR", "EGY": "EGP", "SDN": "SDG",
    "LBN": "LBP", "SYR": "SYP", "TUR": "TRY", "GBR": "GBP", "AZE": "AZN", "TKM": "TMT", "KEN": "KES", "UGA": "UGX",
    "TZA": "TZS", "SOM": "SOS", "ZMB": "ZMW", "MWI": "MWK", "RWA": "RWF", "BDI": "BIF", "DJI": "DJF", "GIN": "GNF",
    "COD": "CDF", "COM": "KMF", "SEN": "XOF", "CIV": "XOF", "MLI": "XOF", "BFA": "XOF", "NER": "XOF", "TGO": "XOF",
    "BEN": "XOF", "GNB": "XOF", "CMR": "XAF", "GAB": "XAF", "TCD": "XAF", "CAF": "XAF", "COG": "XAF", "GNQ": "XAF",
    "CPV": "CVE", "BRA": "BRL", "SSD": "SSP", "IND": "INR", "PAK": "PKR", "NPL": "NPR", "LKA": "LKR",
    "MUS": "MUR", "SYC": "SCR", "ROU": "RON", "MDA": "MDL",
}  # fmt: skip


def code_of(country_alpha3: str) -> str | None:
    """Currency of a country, for those whose currency's name several countries share; else None."""
    return _ALPHA3.get(country_alpha3)


def is_member(name: str, code: str) -> bool:
    """Whether ISO code `code` is called by family `name`."""
    return code in ("XOF", "XAF") if name == "franc" and code[0] == "X" else f":{code}" in _COUNTRY_CODES.get(name, "")


def iso_code(written: str) -> str | None:
    """The ISO 4217 code that `written` is, in capitals; None if it is none."""
    return written if len(written) == 3 and written in _iso_codes() else None


def symbol(mark: str, letters: str | None, language: str | None) -> Currency | None:
    """Currency of a symbol with the letters beside it ("us", "hk", None for none)."""
    if letters is not None:
        table = _DOLLAR_LETTERS if mark == "$" else _POUND_LETTERS if mark == "£" else {}
        code = table.get(letters)
        return None if code is None else Currency(code, False)
    if mark not in _SYMBOLS:
        return None
    if mark == "¥" and language == "zh":
        return Currency("CNY", True)
    return Currency(*_SYMBOLS[mark])


def abbreviation(written: str) -> Currency | None:
    """Currency of an abbreviation such as Rs, RM or kr, case as written; None if it is none."""
    found = _ABBREVIATIONS.get(written)
    return None if found is None else Currency(*found)


def chinese(run: str) -> tuple[Currency, int] | None:
    """Currency that a Chinese run begins with, and the length of its name."""
    for size in range(min(6, len(run)), 1, -1):
        if run[:size] in _CHINESE:
            return Currency(_CHINESE[run[:size]], False), size
    if run[:1] in ("元", "块", "圆"):
        return Currency("CNY", True), 1
    return None


def chinese_before(run: str) -> Currency | None:
    """Currency that a Chinese run ends with ("合人民币")."""
    size = chinese_suffix(run)
    return Currency(_CHINESE[run[-size:]], False) if size else None


def chinese_suffix(run: str) -> int:
    """Length of the currency name that a Chinese run ends with, 0 if none."""
    return next((size for size in range(min(6, len(run)), 1, -1) if run[-size:] in _CHINESE), 0)


@lru_cache(maxsize=1)
def _iso_codes() -> frozenset[str]:
    return frozenset(_ISO.split())


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, str], re.Pattern[str]]:
    exact: dict[str, str] = {}
    for name, (_, _, words) in _FAMILIES.items():
        for word in words.split():
            exact.setdefault(fold_words(word), name)
    return exact, _stems([word[:-1] for word in exact if word.endswith("*")])


@lru_cache(maxsize=1)
def _countries() -> tuple[dict[str, str], re.Pattern[str]]:
    whole: dict[str, str] = {}
    for key, words in _COUNTRY_STEMS.items():
        for word in words.split():
            folded = fold_words(word)
            whole.setdefault(folded if folded in _WHOLE else folded + "*", key)
    return whole, _stems([word[:-1] for word in whole if word.endswith("*")])


def _stems(stems: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(stem) for stem in sorted(stems, key=lambda stem: -len(stem))))
