"""Words by which a phrase with one country's name stands for that country, a person, or neither.

Tables only, folded as in `tokens.py`; an entry that ends with `*` is the beginning of a word, one
that begins with `*` its end.
"""

from __future__ import annotations

import re
from functools import lru_cache

# A state speaks through these, whatever else the phrase holds ("ministry of foreign affairs of").
_GOVERNMENT = """
government governments governmental administration cabinet ministry ministries parliament parliamentary
authorities embassy presidency treasury congress senate legislature department gouvernement gouvernements
gouvernementales ministere ministeres parlement autorites ambassade presidence exterieur diplomatie chancellerie
tresor diplomacy gobierno gobiernos ministerio ministerios parlamento autoridades embajada presidencia
cancilleria governo governos embaixada itamaraty chancelaria administracao administracion regierung regierungen
*regierung *ministerium *ministeriums parlament behorden botschaft *kabinett kabinett prasidialamt verwaltung
правительств* администраци* кабинет кабинета кабинету кабинетом кабмин* министерств* минобороны мид мида миду
минфин* парламент* власти властей властям властями посольств* госдум* кремл* حكومه حكومات حكومتها وزاره وزارات
برلمان سلطات سفاره رئاسه خارجيه ديوان اداره وزراء hukumet* bakanlig* parlamento* buyukelcilig* yonetim* meclis*
makamlar* disisleri senat senado congres congreso congresso bundesrat сейм сейма сената сенат конгресс* نواب امه
شوري قياده ministers ministres ministros junta junte хунт* *departement departement
"""

# These stand for the state only when little else is said: "the Lebanese army" and "the Syrian state", not
# "the Free Syrian Army" and "the Islamic State in Iraq".
_STATE_FORCES_AND_PEOPLE = """
army military armed forces navy police people troops soldiers side nation armee armees peuple militaires soldats
ejercito ejercitos fuerzas pueblo militares tropas soldados exercito exercitos forcas povo streitkrafte
streitkraften volk militar truppen soldaten арми* народ народа народу вооруженны* сил силы силам военны* войск*
сторон* جيش شعب قوات عسكريه مسلحه جانب ordu* halk* silahli kuvvet* asker* kingdom republic emirate sultanate
state royaume republique etat reino republica estado konigreich republik staat королевств* республик*
государств* مملكه جمهوريه دوله سلطنه cumhuriyet* devlet* kralli* contingent contingents contingente contingentes
kontingent kontingents контингент* birlig* gendarmes gendarmerie policia policiers polizei polizisten полиц*
polis* شرطه كتيبه وحده قوه battalion bataillon batallon batalhao peacekeepers coastguard policemen policiais
policeman kustenwache *kustenwache
"""

# What may stand beside them.
_LIGHT = """
the of a an and s for in to by at from its this that or le la les l d du de des et en au aux un une pour dans
par el los las del y e una uno por para al o os as do da dos das no na nos nas em ao um uma pelo pela der die
dem den von vom im und ein eine einer eines einem fur am zum zur и в во на из с о об от для في من الي علي عن ال
ve ile icin nin nun nda nde dan ya ye deki daki teki taki ne nden ndan
"""
_BESIDE_FORCES = """
national royal arab national* federal* imperial nationale nationales nacional nacionales nacionais armees
armadas arabe wehrhaft вооруженн* национальн* عربي عربيه وطني وطنيه مسلحه ulusal kara democratic federative
socialist united co-operative cooperative bolivarian hashemite plurinational people's democratique federale
populaire democratica popular federativa demokratische демократическ* федеративн* народн* ديمقراطيه demokratik
federal halk islamic islamique islamica islamische اسلاميه исламск* islam
"""

# One person, even when acting for a state.
_PERSON = """
president presidents prime minister premier king queen prince princess emir sheikh sultan chancellor ambassador
spokesman spokeswoman
spokesperson secretary envoy general governor mayor senator leader deputy lawmaker official officials diplomat
commissioner
presidente presidenta ministre ministra ministro rei rey roi reine reina rainha ambassadeur ambassadrice
embajador embaixador chancelier canciller
parole porte portavoz secretaire secretario gouverneur gobernador governador maire dirigeant
lider chef jefe chefe
prasident prasidenten prasidentin *minister *ministers *ministern *ministerin ministerprasident* kanzler
kanzlers kanzlerin konig konigs konigin botschafter* sprecher*
staatschef* regierungschef*
президент президента президенту президентом президенте премьер* министр министра министру министром король
короля королем посол посла послу
канцлер* представител* секретар* глава главы главе главу главой эмир* шейх*
رئيس رئيسه وزير وزيره ملك ملكه امير سفير متحدث ناطق امين مستشار مبعوث شيخ سلطان
baskan cumhurbaskani cumhurbaskan* basbakan* bakan bakani bakanin krali kral buyukelci buyukelcisi sozcu* lider*
emiri
"""

# Not the state itself: its provinces, enemies, companies and charities.
_OTHER = """
houthi houthis hezbollah hamas kurdish kurdistan taliban statelet caliphate حوثي حوثيه طالبان كردستان хуситск*
regional provincial local municipal rebel rebels opposition university company corporation corp ltd airline
airlines airways bank fund foundation charity club federation cross crescent committee association union
institute agency commission exile shadow former party front militia militias separatist separatists city
province governorate states refugee refugees programme program project trust group society church team
provinciale locale rebelle rebelles universite entreprise banque fonds fondation croix croissant comite institut
agence parti provincia rebelde rebeldes universidad empresa banco fondo fundacion federacion cruz asociacion
instituto agencia oposicion partido universidade fundo fundacao associacao stiftung universitat gesellschaft
unternehmen partei rotes kreuz *agentur *landesregierung landesregierung rebellen банк* фонд* университет*
компани* корпораци* партия партии оппозици* повстанц* комитет* агентств* област* общество общества крест* بنك
مصرف صندوق جامعه شركه مؤسسه جمعيه حزب معارضه هلال صليب هيئه لجنه وكاله اقليم محافظه bankasi fonu universitesi
sirketi vakfi dernegi partisi muhalefet* kizilay* ajansi konseyi kurulu
"""

# What an organisation may be called before its name: "the Turkish aid agency TIKA".
_GENERIC = """
agency bank mission force operation organisation organization fund group foundation charity company development aid
refugee health refugees relief humanitarian co-operation cooperation peacekeeping peace investment state-owned lender
agence banque force operation fonds groupe fondation entreprise developpement aide agencia banco mision fuerza operacion
organizacion fondo grupo fundacion empresa desarrollo ayuda missao forca operacao organizacao fundo fundacao
desenvolvimento ajuda agentur *agentur bank *bank *mission *truppe operation organisation *organisation fonds stiftung
агентство банк миссия фонд организация وكاله بنك بعثه قوه عمليه منظمه صندوق مؤسسه ajansi bankasi misyonu gucu orgutu
"""

_ISLAMIC = """
islamic islamique islamico islamica islamischer islamische اسلاميه исламск* islam
"""
_STATE = """
state etat estado staat staats دوله государств* devlet*
"""

_EMBASSY = """
embassy consulate ambassade consulat embajada embaixada consulado botschaft konsulat посольств* консульств* سفاره قنصليه
buyukelcilig* konsoloslug*
"""

HAN_GOVERNMENT = re.compile(
    "(?:的|联邦|中央|王国|皇家|国家|临时|过渡|当局|新|方面)*"
    "(?:政府|外交部|外务省|国防部|防卫省|财政部|财务省|国务院|议会|国会|众议院|参议院|军队|军方|国防军|武装部队|当局|大使馆|驻华大使馆|"
    "使馆|海军|空军|陆军|警察|联邦委员会|内阁|人民|方面|王国|共和国|联邦|国|方|商务部|卫生部|内政部|发展部|内阁府|联邦政府)+"
)
HAN_PERSON = re.compile(
    "总统|总理|首相|主席|国王|部长|大臣|外长|防长|大使|发言人|国务卿|酋长|王储|天皇|女王|埃米尔|议长|议员"
)


def is_government(word: str) -> bool:
    """Whether a state speaks through what `word` names."""
    return _matches("government", word)


def is_force_or_people(word: str) -> bool:
    """Whether `word` names a state as such, its army or its people."""
    return _matches("forces", word)


def is_light(word: str) -> bool:
    """Whether `word` is an article, a preposition or the like."""
    return _matches("light", word)


def may_stand_beside_forces(word: str) -> bool:
    """Whether `word` leaves an army the state's own, and a republic the whole state."""
    return _matches("beside", word)


def is_person(word: str) -> bool:
    """Whether `word` is a title that makes the phrase one person."""
    return _matches("person", word)


def is_other_body(word: str) -> bool:
    """Whether `word` makes the phrase something other than the state."""
    return _matches("other", word)


def is_embassy(word: str) -> bool:
    """Whether `word` names an embassy: the state that sends it is named before the one that receives it."""
    return _matches("embassy", word)


def is_generic(word: str) -> bool:
    """Whether `word` only says what kind of organisation the name after it is."""
    return _matches("generic", word)


def is_islamic_state(words: list[str]) -> bool:
    """Whether `words` make the name of the armed group, not "Islamic Republic"."""
    return any(_matches("islamic", word) for word in words) and any(_matches("state", word) for word in words)


def _matches(table: str, word: str) -> bool:
    return _pattern(table).fullmatch(word) is not None


@lru_cache(maxsize=16)
def _pattern(table: str) -> re.Pattern[str]:
    source = {
        "government": _GOVERNMENT, "forces": _STATE_FORCES_AND_PEOPLE, "light": _LIGHT, "beside": _BESIDE_FORCES,
        "person": _PERSON, "other": _OTHER, "embassy": _EMBASSY,
        "generic": _GENERIC, "islamic": _ISLAMIC, "state": _STATE,
    }[table]  # fmt: skip
    return re.compile("|".join(sorted({re.escape(word).replace(r"\*", ".*") for word in source.split()})))
