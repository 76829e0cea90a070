"""The stage of a commitment, read from the words around its anchor.

In: a passage, the span of a sum, a headcount or a member, its type and language. Out: the stage and
the span of the words that say so, or nothing when none stand near or they contradict each other.
Which passages hold a commitment, and its other fields, are the caller's work.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from extract.normalise.folding import Folded, fold
from extract.normalise.tokens import simplify
from extract.providers.embedded.sentences import split_sentences

Kind = Literal["P", "T", "M"]

# A sentence longer than this is read only around the anchor.
_WINDOW = 260
# Chosen on the training passages, with _BIAS: the nearest cue must lie this near, in weighted characters, and
# one of another stage this much further.
_FARTHEST = {"P": 130.0, "T": 100.0, "M": 100.0}
_MARGIN = {"P": 60.0, "T": 30.0, "M": 50.0}
# What a cue costs for being of a stage whose words are used loosely (more) or seldom otherwise (less).
_BIAS: dict[tuple[str, str], float] = {
    ("P", "committed"): -20.0,
    ("P", "disbursed"): 20.0,
    ("P", "disbursing"): 40.0,
    ("P", "pledged"): 40.0,
    ("P", "refused"): -10.0,
    ("T", "deployed"): 30.0,
    ("T", "refused"): -20.0,
    ("T", "requested"): 20.0,
    ("T", "withdrawing"): -30.0,
    ("M", "accepted"): -30.0,
    ("M", "expelled"): -40.0,
    ("M", "invited"): 10.0,
    ("M", "member"): 30.0,
    ("M", "proposed"): 30.0,
    ("M", "withdrawn"): -20.0,
}
_HARD, _SOFT, _LINKED = 45.0, 12.0, 22.0
# What a cue costs for standing on the less usual side of the anchor: (before it, after it).
_SIDES: dict[str, tuple[float, float]] = {"tr": (40.0, 0.0), "de": (6.0, 0.0)}
_USUAL: dict[Kind, tuple[float, float]] = {"P": (0.0, 14.0), "T": (0.0, 14.0), "M": (8.0, 0.0)}
# Chinese says the same in a third of the characters.
_WIDTH = {"zh": 3.0, "ar": 1.2}

_CONJUNCTIONS = (
    r"while|whereas|but|although|and|mais|tandis que|alors que|et|pero|mientras|aunque|y|mas|enquanto|embora|e"
    r"|aber|während|doch|und|sowie|но|а|тогда как|хотя|и|ama|ancak|ise|ve|لكن|بينما|فيما|في حين|而|但"
)
_BREAKS = re.compile(rf"[;:؛；：]| - |[,،，、](?: (?:{_CONJUNCTIONS})\b| ?[而但])?|(?<!\w)(?:{_CONJUNCTIONS})(?!\w)")
_COMMA_BREAKS = ",،，、"

_LATIN_HINTS = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the of and to in for has was will its million",
        "fr": "le la les des du et une dans pour sur est qui au millions",
        "es": "el los las del y una en por que con su millones millón",
        "pt": "o os da do das dos uma em e para com não que na no milhões bilhões a",
        "de": "der die das und den dem ein eine für mit von hat wird millionen",
        "tr": "ve bir bu için ile milyon olarak da de yıl",
    }.items()
}
_SCRIPTS = [
    (re.compile("[\u0600-\u06ff]"), "ar"),
    (re.compile("[\u0400-\u04ff]"), "ru"),
    (re.compile("[\u4e00-\u9fff]"), "zh"),
]
_LANGUAGES = frozenset("en fr ar es ru de pt tr zh".split())

# Shared pieces, by language: {give} and {send} are infinitives, {gave} and {sent} what is done, {fut} what makes
# the former a promise, {neg} what denies either.
_PIECES: dict[str, dict[str, str]] = {
    "en": {
        "fut": r"(?:will|would|shall|'ll|is to|are to|was to|were to|going to|plans? to|planned to|intends? to|aims? to"
        r"|hopes? to|ready to|prepared to|willing to|set to|due to|expected to|may|might|could)"
        r"(?! not)(?: (?:also|soon|be|now|then|each|itself|only|instead|have|once|again))*",
        "give": r"(?:give|pay|provide|contribute|donate|send|transfer|put|add|disburse|release|spend|lend|fund|finance"
        r"|cover|deliver|supply|grant|invest|extend|hand|meet|deposit|channel|chip in|come up with|raise|offer|make"
        r"|wire|step in|roll over|earmark|bring|bear|go|get|receive|follow|come|help|match)",
        "given": r"(?:given|paid|provided|contributed|donated|sent|transferred|disbursed|released|lent|delivered"
        r"|supplied|covered|handed|deposited|financed|funded|added|invested|channelled|spent)",
        "send": r"(?:send|deploy|provide|contribute|dispatch|supply|add|commit|station|lend|go|arrive|join|follow"
        r"|reinforce|come|leave for|ship out|put|make up|man|take part|serve|head|sail|fly|land|form|reach|take over)",
        "pull": r"(?:withdraw|pull|bring|leave|go home|come home|return|repatriate|recall|remove|end|be home|be gone"
        r"|depart|quit|wind down|draw down|take|cut|reduce|shrink|close)",
        "neg": r"(?:will not|won't|would not|wouldn't|did not|didn't|does not|do not|shall not|not to|never|cannot"
        r"|could not|no longer|has not|have not|had not|is not|are not|was not|were not)",
    },
}

# (language, type) -> stage -> pattern. Looked for in the folded text; the longest of overlapping finds stands.
_TABLES: dict[tuple[str, Kind], dict[str, str]] = {
    ("en", "P"): {
        "pledged": r"pledg\w+|promis(?:e|es|ed|ing)|vow(?:s|ed)?|undert(?:ook|aken|akes?)|offer(?:s|ed|ing)?"
        r"|announc(?:e|es|ed|ing)|unveil(?:s|ed)?|{fut} (?:\w+ )?{give}|{fut} {given}|to (?:give|provide|donate|contribute)"
        r"|(?:is|are|was|were) (?:considering|weighing|mulling)|proposed?|dangled|would be worth"
        r"|ha(?:s|ve|d) said (?:it|they) would",
        "committed": r"approv(?:e|es|ed|ing|al)|sign(?:s|ed|ing|ature)?|agree(?:s|d)?(?: to)?(?: \w+)? ?{give}?|agree(?:s|d|ment)"
        r"|decid(?:e|es|ed)|authori[sz](?:e|es|ed|ing)|commit(?:s|ted|ment)?|allocat(?:e|es|ed|ing)|earmark(?:s|ed)?|set aside"
        r"|ratif(?:y|ied)|voted|concluded|cleared|endorsed|initialled|contract(?:ed)?|underwr(?:ote|itten|ites)"
        r"|adopted|put (?:their|his|her|its) names? to|guarantee[ds]?|sealed|budgeted|waved through|awarded|passed",
        "disbursing": r"is (?:paying|disbursing|providing|giving|funding|financing|spending|sending|covering)"
        r"|are (?:paying|disbursing|providing|giving|funding|financing|spending|sending)|being (?:paid|disbursed|spent|released)"
        r"|(?:has )?(?:begun|began|started) (?:to )?(?:pay\w*|disburs\w+|releas\w+|transfer\w*|arriv\w+|send\w*)"
        r"|(?:pays|gives|provides|finances|funds|contributes|bears|meets|spends|covers|sends)|in instalments"
        r"|half of (?:it|which) (?:has|had) been|(?:a|per) (?:year|month)|continu(?:es|ing)",
        "disbursed": r"gave|paid|disburs(?:ed|al)|transferred|donated|handed(?: over)?|wired|released|provided"
        r"|contributed|deposited|landed|arrived|reached|received|delivered|sent|(?:has|had|have|was|were|been) (?:\w+ )?{given}"
        r"|given|lent|put up|poured|chipped in|financed|funded|came from|credited|got|shipped"
        r"|put (?:in(?:to)?)|furnished|financed by|paid for|paid out|written off|wrote off|forgiv\w+|forgave|(?:cancelled|cancels|cancelling) (?:\w+ ){{0,2}}debts?"
        r"|remitted|supplied|bought|built|covered|met by|borne",
        "refused": r"refus(?:e|es|ed|ing|al)(?: to \w+)?|reject(?:s|ed|ing)|cancel(?:s|led|ed|ling|lation)|suspend(?:s|ed|ing)"
        r"|suspension|fr(?:oze|ozen|eez(?:e|es|ing))|halt(?:s|ed|ing)?|scrap(?:s|ped|ping)?|withdr(?:ew|awn|aws?|awing)|with(?:held|hold\w*)"
        r"|declin(?:e|es|ed|ing) (?:to \w+)?|ruled out|turned down|{neg} (?:\w+ )?(?:{give}|{given})|pulled out|pulled|called off"
        r"|revoked|axed|terminat(?:ed|es)|on hold|shelved|put off|block(?:ed|s)|stopped|dropped|reneged|paused|backed out|tore up|on ice",
    },
    ("en", "T"): {
        "requested": r"ask(?:s|ed|ing)?|request(?:s|ed|ing)?|appeal(?:s|ed)?|calls? for|called (?:for|on)|urg(?:es|ed|ing)|plea(?:ded)?"
        r"|seek(?:s|ing)?|sought|pressed",
        "promised": r"pledg\w+|promis(?:e|es|ed|ing)|offer(?:s|ed|ing)?|vow(?:s|ed)?|{fut} (?:\w+ )?{send}|{fut} be (?:\w+ )?(?:sent|deployed)"
        r"|approv(?:e|es|ed|ing|al)|agree(?:s|d)|decid(?:e|es|ed)|authori[sz](?:e|es|ed|ing)|commit(?:s|ted)|undert(?:ook|aken)|sign(?:s|ed)"
        r"|announc(?:e|es|ed)|to (?:send|deploy|dispatch|contribute)|earmarked|voted|(?:is|are) (?:considering|weighing|preparing|training)"
        r"|volunteer(?:s|ed)|prepar(?:es|ing) to|cleared|stand(?:s|ing)? ready|standby|said (?:it|they) would",
        "deployed": r"(?:has|have|had|with|keeps?|kept|maintains?)(?= (?:had |some |about |around |only |its |just |nearly )*\d)|deployed|sent|station(?:ed|s)|serv(?:es?|ed|ing)"
        r"|contribut(?:es|ed|ing)|arriv(?:es|ed)|landed|provid(?:es|ed)|dispatched|suppl(?:y|ies|ied)|fields|based|patrol(?:s|led|ling)?"
        r"|joined|flew|sailed|part of|made up|make up|guard(?:s|ed|ing)?|posted|lent|took over|taken over|reached|manned|in place|on the ground"
        r"|(?:has|have|had) (?:\w+ )?(?:sent|deployed|dispatched|contributed|provided|arrived)",
        "withdrawing": r"{fut} (?:\w+ )?{pull}|(?:is|are|was|were) (?:\w+ )?(?:withdrawing|pulling|leaving|bringing|coming home|packing|going home)"
        r"|{fut} be (?:\w+ )?(?:withdrawn|pulled|brought|home|gone|out|recalled|repatriated|cut)|to (?:withdraw|pull out|bring home|leave)"
        r"|(?:began|begun|started|start|begins) (?:\w+ ){{0,2}}(?:withdraw\w*|pull\w*|leav\w+|drawdown|departure)|drawdown|cuts? of"
        r"|withdraws|pulls out|phased? (?:withdrawal|out)|pull-?out",
        "withdrawn": r"withdrew|withdrawn|withdrawal|pulled(?: \w+)? ?(?:out|back)?|left|brought (?:\w+ ){{0,3}}(?:home|back)|(?:came|gone|went|flew|took|flown) (?:\w+ ){{0,6}}home"
        r"|recalled|repatriated|returned|departed|last (?:of )?(?:\w+ )?(?:\d+ )?(?:soldiers|troops|peacekeepers|men)|ended|removed|until",
        "refused": r"refus(?:e|es|ed|ing|al)(?: to \w+)?|reject(?:s|ed|ing)|cancel(?:s|led|ed|ling|lation)|suspend(?:s|ed|ing)|fr(?:oze|ozen)|halt(?:s|ed)"
        r"|scrap(?:s|ped)|declin(?:es?|ed|ing)(?: to \w+)?|rul(?:ed|es|ing) out|turned down|{neg} (?:be )?(?:\w+ )?(?:{send}|sent|sending|deploy\w*|leaving)"
        r"|called off|shelved|backed out|dropped|abandoned|reneged|vetoed|blocked|on hold|no (?:soldiers|troops)|stood down|after all|withdrawn (?:an|its|the) offer",
    },
    ("en", "M"): {
        "member": r"join(?:ed|s)|bec(?:a|o)me|becomes|admitted|elected|(?:a|the|full|founding|permanent|non-permanent|associate|observer|board|\d+(?:st|nd|rd|th)) (?:voting )?(?:members?|seat)"
        r"|members?(?: of| since| state)?|accession|accede[ds]|re-?elected|rejoin(?:ed|s)|sits? on|chairs?|chaired|chairman(?:ship)?|took over|took (?:up )?(?:its|the) seat"
        r"|holds|belongs|observer|readmitted|reinstated|entered|won|appointed|named|welcomed|returned|took",
        "proposed": r"appl(?:y|ied|ies|ying|ication)|candida(?:te|cy|ture)s?|bid(?:s|ding)?|wants?(?: to join)?|wish(?:es)?|seek(?:s|ing)?(?: to (?:join|rejoin))?|sought|hop(?:es?|ing) to (?:join|rejoin)"
        r"|aspir\w+|proposed|campaign(?:s|ed|ing)|nominat(?:ed|ion)|accession (?:talks|negotiations)|membership (?:bid|talks|application|request)|lobb(?:y|ied|ying)|negotiat\w+|asked to (?:join|be)|may join|should (?:join|be)|could join|applicant",
        "invited": r"invit(?:e|es|ed|ing|ation|ations)",
        "accepted": r"accept(?:s|ed)(?: \w+){{0,2}} invitation|accept(?:s|ed|ance)|agree(?:s|d) to (?:join|become|sit)|will (?:\w+ )?(?:join|become|accede|enter|take)|to (?:become|join) (?:\w+ ){{0,2}}(?:on|in|next)"
        r"|approv(?:ed|es)|ratif\w+|sign(?:s|ed) (?:\w+ ){{0,2}}(?:accession|treaty|protocol)|is to (?:join|become)|green light|would join|is set to (?:join|become)|cleared|decided to join|voted to (?:join|admit)|due to (?:join|become)",
        "withdrawn": r"left|leav(?:e|es|ing)|quit(?:s|ting)?|withdr(?:ew|awn|aws|awal|awing|aw)|departure|pulled out|pull(?:s|ing)? out|walk(?:ed|ing|s) (?:out|away)|exit(?:s|ed)?|resign(?:ed|ation)?|renounce[ds]?|stepped down|gave up|brexit|seced\w+|denounced|out of",
        "expelled": r"expel(?:led|s|ling)?|expulsion|suspend(?:s|ed|ing)?|suspension|thrown out|threw|ejected|ousted|kicked out|banned|stripped|excluded|revoked|rescind(?:ed|s)|disinvited|withdr(?:ew|awn) (?:the|its|an|his) invitation|barred|removed|(?:invitation|invite) (?:\w+ )?(?:withdrawn|revoked|rescinded|cancelled)|uninvited|unseated|frozen out",
        "refused": r"declin(?:es?|ed|ing)(?: (?:the|an|its|to) \w+)?|refus(?:es?|ed|ing|al)(?: to join)?|reject(?:s|ed|ion)|turn(?:ed|s) down|rul(?:ed|es) out|{neg} (?:\w+ )?(?:join|become|apply|seek|accept\w*|enter|take|be joining)|not (?:be )?join(?:ing)?|vetoed|blocked|snubbed|no to|voted against|stay(?:ed|s)? out|veto",
    },
    ("fr", "P"): {
        "pledged": r"prom(?:et\w*|is\w?|ise|esses?)|engag(?:e|é\w*|ent|ement)|annonc(?:e|é\w*|ent)|offr(?:e|ent|i\w*)|offert\w*|(?:va|vont|doi(?:t|vent)|devrait|compte|prévoit|entend|pourrait) (?:\w+ )?\w+(?:er|ir|re)"
        r"|(?:verse|donne|accorde|débloque|apporte|paie|finance|fourni|octroie|consacre|prête|mett|affecte|aide|ajoute|alloue|recev|s'y ajoute|contribue)r(?:a|ont|ait|aient)|envisage\w*|étudie|propos(?:e|é)\w*|se d(?:it|éclare) prête?|à hauteur",
        "committed": r"approuv\w+|sign(?:e|é|ée|és|ées|ature|ent)|convention|décid(?:e|é\w*)|adopt\w+|vot(?:e|é\w*)|valid\w+|autoris\w+|accord(?:é|ée|és|ées|e)?|alloué\w*|octroyé\w*|octroi|débloqu(?:é\w*|e)|(?:a|ont|avait) (?:\w+ )?débloqué\w*|entérin\w+|ratifi\w+|conclu\w*|affecté\w*|budgété\w*|consenti\w*|feu vert|avalis\w+|contracté\w*|garanti\w*|réserv\w+|parap\w+",
        "disbursing": r"(?:est|sont) en (?:train|cours) de|en cours de (?:décaissement|versement)|a commencé à (?:verser|décaisser|payer)|par an|par mois|chaque (?:année|mois)|verse|finance|consacre|paie|continue\w* de|échelonn\w+|prend en charge",
        "disbursed": r"(?:a|ont|avait|avaient|ayant|été|est|sont) (?:\w+ ){{0,2}}(?:versé|donné|payé|remis|fourni|transféré|décaissé|viré|livré|reçu|envoyé|déposé|dépensé|apporté|réglé|prêté|mis|effacé|annulé|injecté|contribué|financé)\w*|versé\w*|décaiss\w+|remis\w*|viré\w*|reçu\w*|encaiss\w+|livr(?:é\w*|aison)|arriv(?:é\w*|ent)|payé\w*|donn(?:é\w*|a)|transféré\w*|financé\w*|fourni\w*|versa|perçu\w*|parvenu\w*|dépensé\w*|apporté\w*|déposé\w*|offert par|coûté|injecté\w*|effacé\w*|donné\w*",
        "refused": r"refus\w*|rejet\w+|annul\w+|suspen\w+|gel(?:é\w*|e|ait|er|a)|exclu\w*|renonc\w+|(?:ne|n')(?: |\w)[^,;:]{{0,30}} (?:pas|plus|rien|jamais)|retir\w+|bloqu\w+|interromp\w+|interrompu\w*|arrêt\w+|coup\w+|gelé\w*|supprim\w+|abandonn\w+",
    },
    ("fr", "T"): {
        "requested": r"demand\w+|sollicit\w+|réclam\w+|appel\w*|pri(?:e|é)|souhait\w+|exhort\w+",
        "promised": r"prom(?:et\w*|is\w?|ise|esses?)|engag(?:e|é\w*) à|annonc\w+|offr\w+|offert\w*|(?:va|vont|doi(?:t|vent)|devrai(?:t|ent)|prévoit de|entend|pourrait) (?:\w+ )?\w+(?:er|ir|re)|(?:enver|déploie|fourni|détache|dépêche|rejoind|participe|ajoute|ser|contribue|aligne|arrive|complète)r(?:a|ont|ait)|approuv\w+|autoris\w+|vot(?:e|é\w*)|décid\w+|accept\w+|n'exclut pas|envisage\w*|s'apprêt\w+|feu vert|prêt\w* à|entraînent",
        "deployed": r"(?:compte|aligne|maintien\w+|mainten\w+|entretien\w+|garde|fourni(?:t|ssent))|déploy(?:é\w*|ait|a)|envoy(?:é\w*|ait|a)|stationn\w+|déploie|serv(?:ent|i\w*|ant)|présent\w*|arriv(?:é\w*|ent|a)|participe\w*|contribue(?:nt)?|contribué|dépêché\w*|basé\w*|patrouill\w+|débarqu\w+|posté\w*|contingent|sur place|rejoint\w*|disposait|tien\w+",
        "withdrawing": r"(?:va|vont|doi(?:t|vent)|devrai(?:t|ent)|compte|prévoit|entend|commenc\w+ à|s'apprêt\w+ à|d'ici) (?:\w+ )?(?:se )?(?:retir|quitt|rapatri|parti|rentr|rappel|évacu)\w+|retir(?:e|era|eront|ent|erait)|quitt(?:e|era|eront|ent)|rapatri(?:e|era|eront|ent)|retrait (?:progressif|graduel)|rentrer\w+|désengag\w+|plier|plié bagage|partir\w*",
        "withdrawn": r"retiré\w*|retrait|quitté\w*|rapatri(?:é\w*|ement)|rappelé\w*|rentré\w*|parti\w?|départ|regagné\w*|derniers (?:soldats|militaires|hommes)|retira\w*|rembarqu\w+|évacué\w*|replié\w*",
        "refused": r"refus\w*|rejet\w+|annul\w+|suspen\w+|gel(?:é\w*|e)|exclu\w*|renonc\w+|(?:ne|n')(?: |\w)[^,;:]{{0,30}} (?:pas|plus|aucun\w*|jamais)|déclin\w+|report\w+|abandonn\w+|écart\w+",
    },
    ("fr", "M"): {
        "member": r"membres?|adhér(?:é\w*|a|ait)|rejoint|élu\w*|réélu\w*|admis\w*|dev(?:enu\w*|ient|int)|intégré\w*|accèd\w+|accéd\w+|siège|préside\w*|présidence|présid\w+|entré\w*|observateur|réintégr\w+|nommé\w*|désigné\w*|accueilli\w*|entrée|réadmis\w*",
        "proposed": r"candidat\w*|postul\w+|demand(?:e|é)\w*(?: d'adhésion| à)?|brigu\w+|sollicit\w+|souhait\w+|veut|veulent|aspir\w+|ambitionn\w+|prétend\w*|négoci\w+|espèr\w+|propos\w+|convoit\w+",
        "invited": r"invit\w+|convi(?:é\w*|e)",
        "accepted": r"accept\w+(?: l'invitation)?|rejoindra\w*|adhérera|deviendra\w*|intégrera|entrera|va (?:rejoindre|devenir|adhérer|intégrer)|approuv\w+|ratifi\w+|signé\w*|feu vert|avalis\w+",
        "withdrawn": r"quitt\w+|retrait|retir(?:é\w*|e|ent|er|a)|sort(?:ie|ir|i|ait|ent)|départ|claqu\w+|démission\w*|rompu|dénonc\w+|divorc\w+",
        "expelled": r"exclu\w*|exclusion|expuls\w+|suspen\w+|radi(?:é\w*|ation)|écart\w+|évinc\w+|retir\w+ (?:\w+ )?(?:son|l'|une) ?invitation|désinvit\w+|banni\w*|déchu\w*",
        "refused": r"refus\w*|déclin\w+|rejet\w+|renonc\w+|(?:ne|n')(?: |\w)[^,;:]{{0,30}} (?:pas|aucun)|écarté l'idée|veto|opposé\w*",
    },
    ("es", "P"): {
        "pledged": r"prom(?:et\w+|esa)|comprometi\w+|anunci\w+|ofreci\w+|ofrec\w+|(?:va|van|prevé|planea|podría|quiere|se propone)(?: a)? \w+(?:ar|er|ir)|(?:entrega|dona|aporta|destina|otorga|envia|transferi|paga|da|facilita|desembolsa|financia|concede|contribui|pon|ser|presta|recibi)r(?:á|án|ía|ían)|estudia|baraja|propuso|dispuest[oa]s?",
        "committed": r"aprob\w+|firm(?:ó|a|aron|ado|ada|ados|adas|an)|acord(?:ó|aron|ado|ada)|acuerdo|convenio|decidi\w+|autoriz\w+|suscri\w+|concedi\w+|otorg(?:ó|ado|ada|aron)|asign(?:ó|ado|ada)|rubric\w+|destin(?:ó|ado|a)|ratific\w+|comprometid\w+|luz verde|adjudic\w+|consign\w+|aval\w*",
        "disbursing": r"(?:está|están|viene|sigue|empezó a|comenzó a|ha empezado a|continúa) \w+(?:ando|iendo|ar|er|ir)|al año|anuales|por año|mensuales|cada (?:año|mes)|financia|aporta|paga|sufraga|entrega|lleva",
        "disbursed": r"(?:entreg|don|aport|desembols|transfiri|pag|envi|deposit|gir|ingres|libr|inyect|cost|sum|gast|abon|invirti|contribuy|recib|prest|d|condon|lleg|cobr|mand|financ)(?:ó|aron|ieron|ió|io)|(?:entregad|donad|aportad|desembolsad|transferid|pagad|enviad|depositad|girad|ingresad|recibid|prestad|abonad|condonad|llegad|dad|librad|financiad|costead|puest)[oa]s?|donativo|puso|desembolso|dio|dieron",
        "refused": r"rechaz\w+|neg(?:ó|aron|ado|ativa|arse)|niega|cancel\w+|suspend\w+|suspens\w+|congel\w+|descart\w+|no (?:\w+ ){{0,2}}(?:entreg|pag|aport|dar|prest|env|desembols|financ)\w*|retir(?:ó|a|ado|aron)|fren\w+|paraliz\w+|anul(?:ó|a|ado)|renunci\w+|retuv\w+|reten\w+|bloque\w+|desisti\w+|detuv\w+",
    },
    ("es", "T"): {
        "requested": r"pidi\w+|pide\w*|solicit\w+|reclam\w+|petición|pedido|llamamiento|instó|pedir",
        "promised": r"prom(?:et\w+|esa)|comprometi\w+|anunci\w+|ofreci\w+|ofrec\w+|(?:va|van|prevé|planea|podría|quiere)(?: a)? \w+(?:ar|er|ir)|(?:envia|desplega|aporta|manda|destina|ser|viaja|participa|incorpora|parti|llega|suma)r(?:á|án|ía|ían)|aprob\w+|autoriz\w+|decidi\w+|acord(?:ó|aron|ado)|aceptó|estudia|baraja|dispuest\w+|luz verde|partirán",
        "deployed": r"(?:tiene|mantiene|mantenía|aporta|cuenta|aportaba)|despleg(?:ó|ado\w*|ada\w*|aron)|despliega|envi(?:ó|ado\w*|ada\w*|aron)|estacionad\w+|sirven|lleg(?:ó|aron|ado)|destacad\w+|destinad\w+|patrull\w+|integra\w*|contribuy\w+|participa\w*|aterriz\w+|mand(?:ó|ado)|aportó|desembarc\w+|partió|partieron|prestan",
        "withdrawing": r"retirar(?:á|án|ía)|retira|(?:va|van|comenzó|empezó|empezará|prevé|planea|comenzará)(?: a)? (?:retirar|repatriar|replegar|evacuar)\w*|replegar\w+|repatria(?:rá)?n?|volver(?:á|án)|regresar(?:á|án)|retirada (?:gradual|progresiva)|abandonar(?:á|án)|repliegue|repliega|saldrán",
        "withdrawn": r"retir(?:ó|ado\w*|ada\w*|aron)|retirada|retiro|repatri(?:ó|ado\w*|ados|aron|ación)|replegó|regres(?:ó|aron|ado)|volvi(?:ó|eron)|vuelto|abandon(?:ó|aron|ado)|últim[oa]s (?:soldados|militares|cascos)|marcha|salida|salió|salieron",
        "refused": r"rechaz\w+|neg(?:ó|aron|ado|ativa|arse)|niega|cancel\w+|suspend\w+|congel\w+|descart\w+|no (?:\w+ ){{0,2}}(?:envi|despleg|aport|mand|particip|ir|viaj)\w*|anul(?:ó|a|ado)|renunci\w+|declin\w+|desisti\w+|aplaz\w+",
    },
    ("es", "M"): {
        "member": r"miembros?|ingres(?:ó|ado|aron)|se (?:unió|sumó|incorporó|adhirió)|adhesión|elegid\w+|reelegid\w+|admitid\w+|entr(?:ó|ado|aron)|presid(?:e|encia|ente\w*|ió|ida)|forma parte|socios?|pertenece|integra\w*|ocupa|asumió|observador\w*|readmitid\w+|convirtió|eligió|entrada|reincorpor\w+|asiento",
        "proposed": r"candidat\w+|solicit\w+|aspir\w+|postul\w+|pidi\w+|pide\w*|quiere\w*|busca\w*|opta\w*|desea\w*|negocia\w*|propuso|propon\w+",
        "invited": r"invit\w+",
        "accepted": r"acept\w+(?: la invitación)?|ingresará|se (?:unirá|sumará|incorporará)|será|pasará a ser|aprob\w+|ratific\w+|entrará|firmó|luz verde|accedió",
        "withdrawn": r"abandon\w+|retir(?:ó|a|ada|o|arse|ado|aron|ará)|sali(?:ó|da|r|do|eron)|salid\w+|sale|se (?:fue|marchó|desvinculó)|dejó|portazo|denunci\w+|renunci\w+|desvincul\w+|dimiti\w+",
        "expelled": r"expuls\w+|suspend\w+|suspens\w+|exclu\w+|apart(?:ó|ad\w+)|retir\w+ (?:\w+ )?la invitación|anul\w+|desinvit\w+|vetó|separ(?:ó|ad\w+)",
        "refused": r"rechaz\w+|declin\w+|neg(?:ó|ado|ativa)|niega|no (?:\w+ ){{0,2}}(?:ingres|unir|sum|entr|acept|ser|solicit|particip|form|adher)\w*|descart\w+|rehus\w+|veto",
    },
    ("pt", "P"): {
        "pledged": r"promet\w+|promessa|compromet\w+|anunci\w+|oferec\w+|(?:vai|vão|pretende|planeja|pode|deve|devem|quer)(?: a)? \w+(?:ar|er|ir)|(?:doa|destina|entrega|paga|envia|transferi|concede|da|financia|aporta|desembolsa|contribui|ser|entra|disponibiliza)r(?:á|ão|ia|iam)|estuda|propôs",
        "committed": r"aprov\w+|assin\w+|acord(?:o|ou|ado|aram)|concord\w+|decidi\w+|autoriz\w+|conced(?:eu|ido|ida)|contrat\w+|destin(?:ou|ado|a)|ratific\w+|rubric\w+|luz verde|celebr\w+|formaliz\w+|firm(?:ou|ado|aram)|aval|atribu\w+|reserv\w+",
        "disbursing": r"(?:está|estão|vem|continua|começou)(?: a)? \w+(?:ando|endo|indo|ar|er|ir)|por ano|anuais|por mês|mensais|financia|paga|custeia|repassa",
        "disbursed": r"(?:entreg|do|pag|envi|transferi|repass|desembols|deposit|liber|injet|gast|cust|contribu|recebe|aport|de|empresta|empresto|cheg|disponibiliz|perdo|financi|coloc|investi|encaminh)(?:ou|u|aram|iu|eram|iram)|(?:entregue|doad|pag|enviad|transferid|repassad|desembolsad|depositad|liberad|recebid|gast|dad|perdoad|financiad)[oa]?s?|pôs|desembolso|chegaram",
        "refused": r"recus\w+|rejeit\w+|cancel\w+|suspen\w+|congel\w+|descart\w+|não (?:\w+ ){{0,2}}(?:pag|dar|envi|financ|desembols|entreg|vai)\w*|retir(?:ou|a|ado)|desisti\w+|bloque\w+|interromp\w+|cort(?:ou|ado)|neg(?:ou|ado)|retid\w+|recuou|travou",
    },
    ("pt", "T"): {
        "requested": r"pedi(?:u|ram|do)|pede\w*|solicit\w+|apel\w+|reclam\w+|requisit\w+",
        "promised": r"promet\w+|compromet\w+|anunci\w+|oferec\w+|(?:vai|vão|pretende|planeja|pode|deve)(?: a)? \w+(?:ar|er|ir)|(?:envia|destaca|ser|parti|contribui|projeta|mobiliza|integra|segui)r(?:á|ão|ia)|aprov\w+|autoriz\w+|decidi\w+|aceit\w+|ponder\w+|estuda|dispost\w+|luz verde",
        "deployed": r"(?:tem|mantém|mantinha|conta|possui)|envi(?:ou|ado\w*|ada\w*|aram)|destac(?:ou|ad\w+)|estacionad\w+|serv(?:em|iram|indo)|cheg(?:ou|aram)|integra\w*|contribu\w+|particip\w+|patrulh\w+|mobiliz\w+|desembarc\w+|partiu|partiram|projet(?:ou|ad\w+)|desdobr\w+|presentes?",
        "withdrawing": r"retirar(?:á|ão|ia)|retira|(?:vai|vão|começou|pretende|começa|deve)(?: a)? (?:retirar|repatriar|sair|deixar|regressar)|regressar(?:á|ão)|voltar(?:á|ão)|sairão|retirada (?:gradual|progressiva)|deixar(?:á|ão)",
        "withdrawn": r"retir(?:ou|ad\w+|aram)|retirada|repatri\w+|regress(?:ou|aram|o)|volt(?:ou|aram)|deix(?:ou|aram)|saí(?:u|ram|da)|saiu|últimos (?:soldados|militares|capacetes)|partida",
        "refused": r"recus\w+|rejeit\w+|cancel\w+|suspen\w+|congel\w+|descart\w+|não (?:\w+ ){{0,2}}(?:envi|destac|particip|vai|irá|ser|mand)\w*|desisti\w+|neg(?:ou|ado)|adi(?:ou|ad\w+)|renunci\w+",
    },
    ("pt", "M"): {
        "member": r"membros?|ingress(?:ou|ado)|aderi(?:u|ram)|ades(?:ão|ões)|junt(?:ou|aram)|eleit\w+|elegeu|reeleit\w+|admiti\w+|entr(?:ou|aram|ada)|presid(?:e|ência|ente|iu|ida)|integra\w*|tornou|pertence|ocupa|assumiu|observador\w*|parceir\w+|reintegr\w+|readmiti\w+",
        "proposed": r"candidat\w+|solicit\w+|pedi(?:u|do|ram)|reivindic\w+|aspir\w+|quer\w*|pleite\w+|busca|pretend\w+|desej\w+|negoci\w+|propôs|propost\w+",
        "invited": r"convid\w+|convite\w*",
        "accepted": r"aceit\w+(?: o convite)?|aderirá|entrará|tornar-se-á|vai (?:aderir|entrar|integrar|tornar-se)|aprov\w+|ratific\w+|assin\w+|será",
        "withdrawn": r"abandon\w+|retir(?:ou|ada|ar|ar-se|a)|sa(?:iu|ída|ir|íram|ído)|deix(?:ou|ar|aram)|desvincul\w+|denunci\w+|renunci\w+|deslig\w+",
        "expelled": r"expuls\w+|suspen\w+|exclu\w+|afast(?:ou|ad\w+)|cancelou o convite|retir\w+ o convite|desconvid\w+|revog\w+",
        "refused": r"recus\w+|declin\w+|rejeit\w+|não (?:\w+ ){{0,2}}(?:ader|integr|entr|aceit|quer|particip)\w*|descart\w+|vet(?:ou|o)",
    },
    ("de", "P"): {
        "pledged": r"zugesagt\w*|sagt(?:e|en)?|zusage\w*|versprech\w*|versprach\w*|versprochen\w*|verspricht|angekündigt\w*|kündigt\w*|ankündig\w*|stell(?:t|te|ten|en) [^,.;]{{0,80}}in aussicht|in aussicht|will|wollen|wolle|angeboten\w*|bietet|bot|(?:zahlen|überweisen|bereitstellen|geben|beisteuern|spenden|gewähren|beitragen|liefern|aufbringen|auszahlen|finanzieren|beteiligen|auszustatten|zahle|schicken|zuschießen|drauflegen)|prüft|erwägt|verpflichtet\w*",
        "committed": r"bewilligt\w*|genehmigt\w*|beschlossen\w*|beschließt|beschloss|unterzeichnet\w*|unterschrieb\w*|gebilligt\w*|billigt\w*|vereinbart\w*|vereinbarung|einigt\w*|vertrag|abkommen|verabschiedet\w*|vergibt|vergab|zustimm\w*|stimmt\w*|grünes licht|entschied\w*|bürgt|zugeteilt|freigabe|abgeschlossen|schloss|eingeplant|ratifiziert\w*",
        "disbursing": r"jährlich\w*|pro jahr|im jahr|monatlich\w*|jedes jahr|pro monat|zahlt|finanziert|in raten|fließen|fließt|trägt|läuft|steuert|derzeit|gibt|überweist",
        "disbursed": r"gezahlt\w*|ausgezahlt\w*|auszahlung|überwiesen\w*|überwies|gespendet\w*|spendete\w*|spende|zahlte\w*|gab(?:en)?|gegeben|geflossen|floss(?:en)?|erhalten|erhielt\w*|eingegangen|geliefert\w*|übergeben\w*|übergab|beigesteuert|steuerte\w*|bereitgestellt\w*|überreicht\w*|eingetroffen\w*|gutgeschrieben\w*|freigegeben|bezahlt\w*|investiert\w*|ausgegeben|angekommen\w*|finanzierte\w*|schoss|zugeschossen|schickte\w*|beglichen|gekostet|erlassen|erließ|geleistet\w*|abgeführt|kam(?:en)?|brachte\w*|stellte\w*|spendier\w*",
        "refused": r"abgelehnt\w*|lehn(?:t|te|ten)|verweiger\w+|weiger\w+|gestrichen\w*|streicht|strich|storniert\w*|ausgesetzt\w*|setz(?:t|te|ten)|eingefroren\w*|frier\w*|fror|gestoppt\w*|stopp\w*|zurückgezogen\w*|zog|gesperrt\w*|schließt aus|ausgeschlossen|nicht [^,.;]{{0,30}}(?:zahlen|überweisen|auszahlen|gezahlt|ausgezahlt)|auf eis|gekündigt\w*|zurückgehalten|abgesagt",
    },
    ("de", "T"): {
        "requested": r"bitte\w*|bat(?:en)?|gebeten|forder\w+|gefordert\w*|ersuch\w*|erbeten\w*|verlang\w*|anfrage|angefordert",
        "promised": r"zugesagt\w*|sagt(?:e|en)? [^,.;]{{0,60}}zu|versprech\w*|versprach\w*|versprochen\w*|verspricht|angekündigt\w*|kündigt\w*|will|wollen|wolle|werde|angeboten\w*|bietet|bot|(?:entsenden|schicken|stellen|verlegen|beteiligen|beisteuern|aufstocken|abstellen|entsende|ausrücken)|bewilligt\w*|genehmigt\w*|beschlossen\w*|beschließt|beschloss|gebilligt\w*|billigt\w*|stimmt\w*|verpflichtet\w*|erwägt|prüft|grünes licht|bereit",
        "deployed": r"stationiert\w*|entsandt\w*|entsandte\w*|geschickt|schickte\w*|dient?(?:en|e)?|stell(?:t|te|ten)|steh(?:t|en)|eingesetzt|eingetroffen\w*|verlegte?|verlegt|hält|unterhält|beteilig\w+|patrouill\w+|beteiligt\w*|einsatz|kontingent|landete\w*|gelandet|leist\w+|im einsatz|traf(?:en)?|sicher(?:t|n)",
        "withdrawing": r"abziehen|abzuziehen|zieht|zurückholen|abgezogen werden|heimkehren|zurückkehren|heimholen|verlassen|verlässt|rückzug|holt|zurückziehen|abzug|nach hause|ziehen|abrücken",
        "withdrawn": r"abgezogen\w*|zog(?:en)?|zurückgeholt\w*|heimgeholt\w*|heimgekehrt\w*|verließ\w*|zurückgezogen\w*|zurückgekehrt\w*|holte\w*|kehrte\w*|letzte(?:n)? (?:soldat\w+|blauhelm\w*)|abflog\w*|heim",
        "refused": r"abgelehnt\w*|lehn(?:t|te|ten)|verweiger\w+|weiger\w+|gestrichen\w*|storniert\w*|ausgesetzt\w*|gestoppt\w*|schließt aus|ausgeschlossen|schloss|keine [^,.;]{{0,30}}(?:soldat\w+|truppen)|nicht [^,.;]{{0,30}}(?:entsenden|schicken|beteiligen|stellen)|abgesagt\w*|sagt(?:e|en)? [^,.;]{{0,60}}ab|auf eis|absage\w*|verzicht\w+|zurückgenommen",
    },
    ("de", "M"): {
        "member": r"(?:voll|gründungs)?mitglied\w*|beigetreten\w*|beitritt|trat(?:en)?|gewählt\w*|wiedergewählt|aufgenommen\w*|aufnahme|vorsitz\w*|angehör\w*|gehört\w*|beobachter\w*|sitzt|leitet|übernahm|übernommen|zieht|wurde|zog|rückkehr|kehrt\w*|präsident\w*|führt|sitz",
        "proposed": r"kandidat\w*|kandidier\w*|bewirbt|bewarb|beworben|bewerb\w*|antrag|beantrag\w*|will|wollen|strebt|möchte\w*|beitrittsgespräch\w*|beitrittsantrag\w*|beitrittskandidat\w*|bemüh\w*|verhandel\w*|vorgeschlagen|anwärter\w*|drängt",
        "invited": r"eingeladen\w*|einladung|lud(?:en)?|lädt|laden",
        "accepted": r"angenommen\w*|nahm(?:en)?|nimmt|eingewilligt|wird [^,.;]{{0,80}}(?:beitreten|aufgenommen)|werden [^,.;]{{0,80}}(?:beitreten|aufgenommen)|beitreten|ratifiziert\w*|zugestimmt\w*|stimmte\w*|beitrittsvertrag\w*|unterzeichnet\w*|gebilligt",
        "withdrawn": r"ausgetreten\w*|austritt\w*|verließ\w*|verlassen|verlässt|tritt [^,.;]{{0,60}}aus|trat [^,.;]{{0,60}}aus|rückzug|zieht [^,.;]{{0,60}}zurück|zog [^,.;]{{0,60}}zurück|zurückgezogen\w*|ausgeschieden\w*|kündig\w*|gekündigt\w*|zurückgetreten|abschied|kehrt\w* [^,.;]{{0,60}}den rücken",
        "expelled": r"ausgeschlossen\w*|ausschluss|schließt|schloss(?:en)?|suspendier\w*|ausgesetzt\w*|ausgeladen\w*|lud(?:en)? [^,.;]{{0,60}}aus|verbannt\w*|geworfen|verwiesen|ruht|entzogen",
        "refused": r"abgelehnt\w*|lehn(?:t|te|ten)|ausgeschlagen\w*|schlug(?:en)?|schlägt|verweiger\w*|nicht [^,.;]{{0,30}}(?:beitreten|annehmen|teilnehmen|bewerben|angehören)|absage\w*|verzicht\w*|veto|dankend",
    },
    ("ru", "P"): {
        "pledged": r"обеща\w+|обязал\w+|посул\w+|намерен\w*|планиру\w+|готов\w*|предлож\w+|предлага\w+|(?:выдел|направ|перечисл|предостав|переда|пожертву|заплат|выплат|внес|да|окаж|вылож|влож|потрат|профинансиру|поступ|добав|пообеща)(?:ит|ят|ёт|ет|ут|ст|дут|дет|жет|жут)|объяв\w+|анонсир\w+|рассматрива\w+|пообещ\w+|будет|будут",
        "committed": r"одобр\w+|выделил\w*|выделен\w+|утверд\w+|утвержд\w+|подписа\w+|согласил\w+|согласован\w*|согласова\w+|реши\w+|решени\w+|соглашени\w+|договор\w*|договори\w+|разреши\w+|принял\w*|ратифицир\w+|заключ\w+|ассигнова\w+|заложен\w*|предусмотр\w+|распоряжени\w+",
        "disbursing": r"выделяет|перечисляет|финансирует|платит|выплачива\w+|ежегодно|в год|в месяц|ежемесячно|поступа\w+|направля(?:ет|ют)|предоставля(?:ет|ют)|начал\w* \w+(?:ть|ние)|переводит|осваива\w+",
        "disbursed": r"(?:перечисли|перевел|перевёл|предостави|направи|переда|заплати|выплати|пожертвова|внес|внёс|получи|да|влож\w|потрати|оплати|поступи|разместил|прислал|профинансирова|списа|посла|пришл|отправи)(?:л|ла|ло|ли|а|о|и)?|(?:перечислен|переведен|переведён|предоставлен|передан|выплачен|внесен|получен|направлен|профинансирован|зачислен|оплачен|потрачен|списан|пожертвован|поступивш)\w*",
        "refused": r"отказ\w+|отклон\w+|отмен\w+|приостанов\w+|заморо\w+|замораж\w+|заблокир\w+|не (?:будет|будут|даст|дал\w*|выдел\w+|стан\w+|перечисл\w+|заплат\w+|получ\w+)|отозва\w+|прекрат\w+|сверну\w+|останов\w+|аннулир\w+|исключ\w+|урез\w+",
    },
    ("ru", "T"): {
        "requested": r"прос(?:ит|ил\w*|ят|ьб\w+)|попрос\w+|запрос\w+|обрати\w+|призва\w+|призыва\w+|ходатайств\w+|требу\w+",
        "promised": r"обеща\w+|пообещ\w+|обязал\w+|намерен\w*|планиру\w+|готов\w*|предлож\w+|предлага\w+|(?:направ|отправ|выдел|предостав|размест|пошл|присоедин|прибуд|увелич|добав|переброс|войд|отправ)(?:ит|ят|ёт|ет|ут)(?:ся)?|одобр\w+|разреши\w+|реши\w+|согласил\w+|утверд\w+|будет|будут|рассматрива\w+|подписа\w+|объяв\w+",
        "deployed": r"(?:направи|отправи|посла|размести|развернул|переброси|присла|выставил|предостави)(?:л|ла|ло|ли|а|и)?|(?:размещен|размещён|развернут|развёрнут|направлен|переброшен|отправлен)\w*|служ\w+|несут|нес[её]т|наход\w+|прибы\w+|держит|держат|участв\w+|насчитыва\w+|дислоцир\w+|высади\w+|патрулир\w+|представлен\w*|контингент\w*|имеет|стоит|стоят|состав\w*|приземл\w+|у него|отряд",
        "withdrawing": r"выведет|выведут|выводит\w*|вывод\w*|вывести|выводят|отзовет|отзовёт|отзыва\w+|покинет|покинут|покида\w+|вернутся|вернётся|уйдут|уйд[её]т|сокра\w+|возвраща\w+|эвакуир\w+",
        "withdrawn": r"вывел\w*|вывед\w+н\w*|отозва\w+|покинул\w*|вернул\w+|уш(?:ел|ёл|ли|ла)|последн\w+ (?:солдат\w*|военнослужащ\w+|миротвор\w+)|забрал\w*|эвакуирова\w+|убыл\w*|снял\w*",
        "refused": r"отказ\w+|отклон\w+|отмен\w+|приостанов\w+|заморо\w+|не (?:будет|будут|направ\w+|отправ\w+|посл\w+|пошл\w+|стан\w+|поедут|поедет|видит)|исключ\w+|отверг\w+|отлож\w+|передума\w+",
    },
    ("ru", "M"): {
        "member": r"член(?:а|ом|ы|ов|ами|у)?|вступил\w*|стал\w*|принята|приняли|принято|приняты|избра\w+|переизбра\w+|присоединил\w+|вош(?:ел|ёл|ла|ли)|состоит|состоят|председател\w*|возглав\w+|наблюдател\w+|присоединени\w+|участни\w+|входит|входят|вернул\w+|восстановл\w+|занял\w*|представл\w+|президент\w*",
        "proposed": r"заявк\w+|кандидат\w*|подал\w*|намерен\w*|хочет|хотят|стрем\w+|претенд\w+|добива\w+|желани\w+|предложил\w*|выдвин\w+|просит\w*|планиру\w+|переговор\w+|рассчитыва\w+|прошени\w+",
        "invited": r"приглаш\w+|приглас\w+|позва\w+",
        "accepted": r"принял\w* приглашени\w+|согласил\w+|станет|вступит|войд[её]т|присоединится|одобр\w+|ратифицир\w+|подписал\w*|станут|дал\w* согласие|будет принят\w*",
        "withdrawn": r"вышел|вышла|вышли|выход\w*|покинул\w*|покида\w+|выйти|выйдет|отозва\w+|денонсир\w+|уш(?:ел|ёл|ла|ли)|сложил\w*",
        "expelled": r"исключ\w+|приостанов\w+|изгна\w+|лиш\w+|отстран\w+|отозва\w+ приглашени\w+|аннулир\w+|заморо\w+|не пустил\w*",
        "refused": r"отказ\w+|отклон\w+|отверг\w+|не (?:будет|станет|вступ\w+|намерен\w*|хочет|планир\w+|войд\w+|присоедин\w+)|вето",
    },
    ("ar", "P"): {
        "pledged": r"تعهد\w*|وعد\w*|وعود|ستقدم|سيقدم|س[يت](?:منح|خصص|دفع|رسل|حول|مول|تبرع|سهم|ساهم|ضخ|صرف|وفر|زود|تكفل|ودع|كون|تلقى|حصل)\w*|سوف|أعلن\w*|إعلان|اقترح\w*|عرض\w*|تعتزم|يعتزم|تنوي|ينوي|مستعد\w*|ت?يدرس|تدرس|التزم\w*",
        "committed": r"وقع\w*|توقيع|وافق\w*|موافقة|أقر\w*|إقرار|اتفاقية|اتفاق|اتفق\w*|قرر\w*|صادق\w*|خصص\w*|تخصيص|اعتمد\w*|أبرم\w*|رصد\w*|ضمان\w*|منحة بقيمة|منحت|أذن|أجاز\w*",
        "disbursing": r"سنويا|شهريا|تواصل|يواصل|بدأ\w*|تمول|يمول|تدفع|يدفع|تقدم|يقدم|تصرف|يصرف|تباعا|على دفعات|تتكفل|كل شهر|تقدمها",
        "disbursed": r"قدم\w*|دفع\w*|حول\w*|تحويل|سلم\w*|تسلم\w*|تبرع\w*|أودع\w*|إيداع|وديعة|صرف\w*|أفرج\w*|تلقى|تلقت|وصل\w*|أرسل\w*|مول\w*|سدد\w*|أنفق\w*|ضخ\w*|تكفل\w*|ساهم\w*|أسهم\w*|استلم\w*|حصل\w*|تسديد|أقرض\w*",
        "refused": r"رفض\w*|ألغى|ألغت|إلغاء|علق\w*|تعليق|جمد\w*|تجميد|أوقف\w*|وقف|لن|لم|استبعد\w*|اعتذر\w*|سحب\w*|تراجع\w*|امتنع\w*|حجب\w*|قطع\w*",
    },
    ("ar", "T"): {
        "requested": r"طلب\w*|دع[ات]\w*|ناشد\w*|يطلب\w*|تطلب\w*|استنجد\w*|يطالب\w*",
        "promised": r"تعهد\w*|وعد\w*|س[يتن](?:رسل|نشر|شارك|ساهم|سهم|بعث|وفد|قدم|نضم|كون|صل|تولى)\w*|سوف|أعلن\w*|عرض\w*|لم (?:تستبعد|يستبعد)|تعتزم|يعتزم|تنوي|مستعد\w*|استعداد\w*|وافق\w*|موافقة|أقر\w*|قرر\w*|صادق\w*|تدرس|يدرس|تخطط|تبحث|أجاز\w*|تستعد",
        "deployed": r"نشرت|أرسل\w*|تنشر|ينشر|ينتشر\w*|انتشر\w*|تشارك|يشارك|شارك\w*|وصل\w*|تحتفظ|يخدم\w*|متمركز\w*|يتمركز\w*|تسهم|تساهم|يساهم|ساهم\w*|أسهم\w*|لديها|لدى|موجود\w*|انضم\w*|يرابط\w*|العامل\w*|تضم",
        "withdrawing": r"س[يتن](?:سحب|نسحب|غادر|عيد|عود|خرج)\w*|تسحب|يسحب|تنسحب|ينسحب|بدأ\w* (?:سحب|انسحاب|ب?سحب)\w*|سحب|يغادر\w*|تعتزم سحب|إنهاء|مغادرة|بسحب",
        "withdrawn": r"سحبت|سحبها|انسحب\w*|انسحاب|غادر\w*|عاد\w*|أعاد\w*|أجلت|رحل\w*|رحيل|أنهت|أنهى",
        "refused": r"رفض\w*|ألغى|ألغت|إلغاء|علق\w*|تعليق|جمد\w*|لن (?:ترسل|تشارك|تنشر|تقدم|يرسل|يشارك|ينشر)|لن|استبعد\w*|اعتذر\w*|نفى|نفت|تراجع\w*|امتنع\w*|عدل\w*|أرجأ\w*",
    },
    ("ar", "M"): {
        "member": r"عضو|العضو|عضوا|انضم\w*|انضمام|انتخب\w*|انتخاب|أصبح\w*|قبول|رئيس\w*|رئاسة|ترأس\w*|يترأس|مقعد\w*|أعضاء|مراقب\w*|استعاد\w*|عاد\w*|عودة|فاز\w*|دخل\w*|اختار\w*|اختير|تولى|تولت|تسلم\w*",
        "proposed": r"ترشح\w*|مرشح\w*|ترشيح\w*|طلب(?:ت|ا)? (?:ال)?(?:انضمام|عضوية)\w*|تقدم\w*|تسعى|يسعى|سعي|تطمح|يطمح|ترغب|رغبة|تأمل|تريد|مفاوضات|تنافس|اقترح\w*|رغبت\w*",
        "invited": r"دعا|دعت|دعوة|دعوات|دعيت|يدعو|وجه\w*|مدعو\w*",
        "accepted": r"قبل\w* (?:ال)?دعوة|قبول|قبلت|وافق\w*|موافقة|ستنضم|سينضم|ستصبح|سيصبح|صادق\w*|لبى|لبت|وقع\w*",
        "withdrawn": r"انسحب\w*|انسحاب\w*|غادر\w*|خروج\w*|خرج\w*|مغادرة|استقال\w*|تخلى|تخلت|ترك\w*|سحب\w*",
        "expelled": r"طرد\w*|علق\w*|تعليق|جمد\w*|تجميد|فصل\w*|استبعاد|استبعد\w*|أخرج\w*|إقصاء|سحب\w* (?:ال)?دعوة|أقصى|أقصيت|حرم\w*|ألغ\w+ (?:ال)?دعوة|شطب\w*",
        "refused": r"رفض\w*|اعتذر\w*|اعتذار\w*|لن|لم|أبى|امتنع\w*|نقض",
    },
    ("tr", "P"): {
        "pledged": r"söz ver\w*|vaat\w*|vaad\w*|taahhüt\w*|(?:ver|sağla|gönder|aktar|öde|ayır|bağışla|hibe ed|yap|kullandır|tahsis ed|destekle|koy|yatır)\w*(?:ecek|acak|eceğ|acağ)\w*|duyur\w*|açıkla\w*|önerdi|planl\w*",
        "committed": r"onayla\w*|onay\w*|imza\w*|karar\w*|anlaş\w*|kabul\w*|tahsis ett\w*|üstlen\w*|ayırdı|ayrıldı|kredi aç\w*|protokol\w*|mutabakat\w*",
        "disbursing": r"veriyor\w*|sağlıyor\w*|ödüyor\w*|aktarıyor\w*|yılda|her yıl|gönderiyor\w*|yıllık|aylık|finanse ediyor",
        "disbursed": r"(?:ver|gönder|aktar|öde|bağışla|hibe et|sağla|yatır|ulaş|teslim et|harca|gel|kullandır|geç|yap|al|koy)(?:di|dı|ti|tı|miş|mış|ildi|ıldı|ndi|ndı|nmış|dü|tü|irdi|ilmiş)\w*|bağış\w*|verdiği|sağladığı|gönderilen|aktarılan|hesab\w+|ödenen|verilen",
        "refused": r"reddet\w*|redded\w*|iptal\w*|askıya\w*|dondur\w*|durdur\w*|(?:ver|gönder|öde|sağla|aktar)(?:meyecek|mayacak|medi|madı|mez|maz|emeyecek)\w*|vazgeç\w*|geri çek\w*|kesti|kesil\w*",
    },
    ("tr", "T"): {
        "requested": r"iste(?:di|yor|miş|ğ)\w*|talep\w*|çağrı\w*|rica\w*",
        "promised": r"söz ver\w*|vaat\w*|taahhüt\w*|(?:gönder|konuşlan|konuşlandır|katıl|ver|sevk ed|görevlendir|gel|görev yap)\w*(?:ecek|acak|eceğ|acağ)\w*|onayla\w*|karar\w*|kabul\w*|tezkere\w*|planl\w*|hazır\w*|öner\w*",
        "deployed": r"görev yap\w*|bulun\w*|konuşlan(?:dı|mış|dırdı|dırıl)\w*|konuşlu|gönder(?:di|miş|ildi|ilen)\w*|katkı\w*|görevli|hizmet\w*|ulaş\w*|sevk ett\w*|asker veriyor|yer al\w*|var|nöbet\w*|vardı|indi",
        "withdrawing": r"çek(?:ecek|eceğ|iyor|ilecek|meye|me|ilmeye)\w*|çekil(?:iyor|ecek|eceğ)\w*|geri dönecek\w*|dönecek\w*|ayrılacak\w*|tahliye edecek\w*",
        "withdrawn": r"çek(?:ti|miş|ildi|tiğ|ilen)\w*|çekil(?:di|miş|me)\w*|döndü\w*|ayrıldı\w*|terk et\w*|son asker\w*",
        "refused": r"reddet\w*|redded\w*|iptal\w*|askıya\w*|dondur\w*|durdur\w*|(?:gönder|katıl|ver)(?:meyecek|mayacak|medi|madı|meyeceğ|mayacağ)\w*|vazgeç\w*|geri çevir\w*|ertele\w*|söz konusu değil",
    },
    ("tr", "M"): {
        "member": r"üye(?!lik baş|lik süreci|lik müz)\w*|katıldı\w*|seçil\w*|oldu|kabul edil\w*|başkan\w*|girdi|gözlemci\w*|oturan|dahil oldu|döndü",
        "proposed": r"başvur\w*|aday\w*|iste(?:di|yor|ğ)\w*|talip\w*|müzakere\w*|üyelik (?:süreci|başvuru|müzakere)\w*|hedefl\w*",
        "invited": r"davet\w*|çağrıl\w*",
        "accepted": r"dave\w+ kabul\w*|kabul et\w*|katılacak\w*|üye olacak\w*|olacak\w*|onayla\w*|imzala\w*",
        "withdrawn": r"ayrıl\w*|çekil\w*|çıktı\w*|çıkış\w*|çıkar\w*|terk et\w*|veda\w*|istifa\w*",
        "expelled": r"ihraç\w*|askıya\w*|çıkarıl\w*|atıldı\w*|dışla\w*|dave\w+ (?:geri|iptal)\w*|uzaklaştır\w*",
        "refused": r"reddet\w*|redded\w*|geri çevir\w*|katılmayacak\w*|katılmay\w*|istem\w*|veto\w*",
    },
    ("zh", "P"): {
        "pledged": r"承诺|允诺|答应|许诺|宣布|将(?:再|先|会|从|向|为|追加|提供|捐|拨|出资|投入|给予)|拟|计划|打算|愿意?|准备|提议|考虑|认捐|有意",
        "committed": r"批准|签署|签订|签约|同意|决定|通过|核准|达成|协议|商定|议定|授权|拨出",
        "disbursing": r"正在|每年|每月|陆续|分期|逐步|持续|开始(?:拨|发|支)",
        "disbursed": r"已经?(?:\w{{0,6}}?)(?:拨|付|捐|提供|汇|发放|到账|给|投入)|捐(?:赠|款|助|出)?了?|拨(?:付|款|给|发)|到账|移交|交付|汇(?:入|出|给|去)|支付|发放|转(?:入|账|交)|收到|给了|提供了|投入了|援助了|存入|运抵|送(?:来|到|去)|曾向|交给|花(?:了|费)|出资|注资|付给|资助|援建",
        "refused": r"拒绝|取消|暂停|冻结|中止|停止|停掉|叫停|不会|不再|撤回|撤销|否决|搁置|终止|削减|没有",
    },
    ("zh", "T"): {
        "requested": r"请求|要求|吁请|呼吁|请(?!愿)|求援|希望",
        "promised": r"承诺|答应|允诺|将(?:再|会|向|于|派|增派|部署|派遣|派出)|拟|计划|打算|愿意?|准备|批准|同意|决定|宣布|授权|考虑|有意|待命",
        "deployed": r"已经?(?:\w{{0,8}}?)(?:派|部署|抵达|驻)|派(?:出|遣|驻|往|兵|有)|部署(?:了|在|有)|驻(?:扎|守|有|军)|抵达|服役|执勤|执行|参加|现有|维持|保持|留有|分守|进驻",
        "withdrawing": r"(?:将|拟|计划|打算|准备|正在|开始|陆续|逐步)[^，。；]{{0,14}}(?:撤|撤出|撤离|撤回|撤走|回国)|撤军计划",
        "withdrawn": r"撤(?:出|离|回|走|军|兵|完)了?|已[^，。；]{{0,8}}撤|回国|离开|最后一(?:批|名)|结束",
        "refused": r"拒绝|取消|暂停|冻结|中止|不会|不派|不再|婉拒|否决|搁置|排除|不打算|放弃|谢绝|作罢",
    },
    ("zh", "M"): {
        "member": r"成员|加入了?|当选|成为|会员|理事国|接纳|主席|入盟|入会|恢复|选为|出任|担任|观察员|重返|获选|轮值|获任",
        "proposed": r"申请|候选|竞选|希望|谋求|寻求|想|争取|有意|递交|竞逐|参选|谈判|提名",
        "invited": r"邀请|应邀|邀",
        "accepted": r"接受[^，。；]{{0,6}}邀|将(?:成为|加入|正式加入|担任|出任)|同意加入|批准|决定加入|接受",
        "withdrawn": r"退出|退群|脱离|离开|退盟|脱欧|辞去",
        "expelled": r"开除|除名|驱逐|中止[^，。；]{{0,8}}(?:资格|权利)|暂停|逐出|撤回[^，。；]{{0,6}}邀|取消[^，。；]{{0,8}}(?:资格|邀请)|剥夺|踢出|冻结",
        "refused": r"拒绝|谢绝|婉拒|不会?(?:加入|参加|接受)|不打算|无意|回绝|否决",
    },
}


@lru_cache(maxsize=256)
def _pattern(language: str, kind: Kind, stage: str) -> re.Pattern[str]:
    body = _TABLES[language, kind][stage]
    for name, piece in _PIECES.get(language, {}).items():
        body = body.replace(f"{{{name}}}", piece)
    body = body.replace("{{", "{").replace("}}", "}")
    if language == "zh":
        return re.compile(body)
    prefix = "[وف]?" if language == "ar" else ""
    return re.compile(rf"(?<!\w){prefix}(?:{body})(?!\w)")


def stage_from_words(
    text: str, start: int, end: int, kind: Kind, language: str | None
) -> tuple[str, tuple[int, int]] | None:
    """The stage the words around `[start, end)` give, and the span of those words.

    Args:
        text: One to five sentences.
        start: Where the sum, headcount or member begins.
        end: Where it ends (exclusive).
        kind: "P" pledge, "T" troop commitment, "M" membership.
        language: Two letters; guessed when None or unknown.

    Returns:
        None when no cue stands near, or when cues of different stages stand equally near.
    """
    if not 0 <= start < end <= len(text):
        return None
    spoken = language if language in _LANGUAGES else _guess(text)
    low, high = next(((a, b) for a, b in _sentences(text) if a <= start < b), (0, len(text)))
    low, high = max(low, start - _WINDOW), min(high, end + _WINDOW)
    folded, cues, breaks = _cues(text[low:high], kind, spoken)
    best: dict[str, tuple[float, int, int]] = {}
    for stage, left, right in cues:
        a, b = folded.span(left, right)
        cost = _cost(a + low, b + low, start, end, [(at + low, price) for at, price in breaks], kind, spoken)
        if cost is None:
            continue
        cost += _BIAS.get((kind, stage), 0.0)
        if stage not in best or cost < best[stage][0]:
            best[stage] = (cost, a + low, b + low)
    ranked = sorted((cost, stage, a, b) for stage, (cost, a, b) in best.items())
    if not ranked or ranked[0][0] > _FARTHEST[kind]:
        return None
    if len(ranked) > 1 and ranked[1][0] - ranked[0][0] < _MARGIN[kind]:
        return None
    _, stage, a, b = ranked[0]
    return stage, (a, b)


def _cost(
    left: int, right: int, start: int, end: int, breaks: list[tuple[int, float]], kind: Kind, language: str
) -> float | None:
    """How far a cue stands from the anchor, in weighted characters; None when it is part of it."""
    before, after = _SIDES.get(language, _USUAL[kind])
    if right <= start:
        gap, side, low, high = start - right, before, right, start
    elif left >= end:
        gap, side, low, high = left - end, after, end, left
    else:
        return None
    return gap * _WIDTH.get(language, 1.0) + side + sum(price for at, price in breaks if low <= at < high)


@lru_cache(maxsize=32)
def _sentences(text: str) -> list[tuple[int, int]]:
    return split_sentences(text)


@lru_cache(maxsize=128)
def _cues(
    passage: str, kind: Kind, language: str
) -> tuple[Folded, list[tuple[str, int, int]], list[tuple[int, float]]]:
    """The folded passage, its cues (the longest of overlapping ones) and the bounds of its clauses."""
    folded = fold(simplify(passage))
    found = [
        (one.start() - one.end(), stage, one.start(), one.end())
        for stage in _TABLES[language, kind]
        for one in _pattern(language, kind, stage).finditer(folded.text)
    ]
    kept: list[tuple[str, int, int]] = []
    for _, stage, left, right in sorted(found, key=lambda cue: cue[0]):
        if right > left and all(right <= a or left >= b or (left, right) == (a, b) for _, a, b in kept):
            kept.append((stage, left, right))
    breaks: list[tuple[int, float]] = []
    for one in _BREAKS.finditer(passage):
        sign = one.group()[0]
        plain = _SOFT if len(one.group()) == 1 or sign not in _COMMA_BREAKS else _LINKED
        breaks.append((one.start(), plain if sign in _COMMA_BREAKS or sign.isalpha() else _HARD))
    return folded, kept, breaks


@lru_cache(maxsize=32)
def _guess(text: str) -> str:
    """The language of a text: by its script, then by its commonest words."""
    for pattern, language in _SCRIPTS:
        if pattern.search(text):
            return language
    words = set(text.lower().split())
    return max(_LATIN_HINTS, key=lambda language: len(words & _LATIN_HINTS[language]))
