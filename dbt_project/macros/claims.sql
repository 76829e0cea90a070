{% macro kind_of_change(earlier, later) -%}
  {#- How a commitment's later version differs from its earlier one, of which there may be none. -#}
  case
    when {{ later }}.change = 'withdrawn' then 'withdrawn'
    when {{ earlier }}.commitment_id is null then 'new'
    when {{ earlier }}.change = 'withdrawn' then 'restored'
    else 'revised'
  end
{%- endmacro %}


{% macro is_change(earlier, later) -%}
  {#- Whether there is a difference to tell: what came and went in between, or was gone at both ends, is none. -#}
  case
    when {{ later }}.change = 'withdrawn' then coalesce({{ earlier }}.change <> 'withdrawn', false)
    else {{ earlier }}.commitment_id is null
      or {{ earlier }}.change = 'withdrawn'
      or {{ earlier }}.state_hash <> {{ later }}.state_hash
  end
{%- endmacro %}


{% macro is_considered(words) -%}
  {#- True when the words that prove a stage only weigh it ("is considering", "envisage"): such a
      promise was not made. A closed class of verbs, in the project's languages. -#}
  regexp_matches(
    lower({{ words }}),
    'consider|weigh|mull|contemplat|envisag|étudi|réfléchi|pourrait|could|might|may |considera|estudia|evalúa|sopesa|podría|рассматрива|может|мог(ла|ли)? |обдумыва|يدرس|تدرس|قد |erwäg|prüft|könnte|pondera|poderia|değerlendir|düşün|考虑'
  )
{%- endmacro %}


{% macro is_official(outlet) -%}
  {#- True when the outlet publishes in the name of a state or an international organisation. -#}
  coalesce(
    regexp_matches(
      lower({{ outlet }}),
      'ministry|minist[eè]re|ministerio|ministério|ministerium|министерств|وزارة|government|gouvernement|gobierno|white house|united nations|nations unies|naciones unidas|الأمم المتحدة|\.gov\b|\bgov\.'
    ),
    false
  )
{%- endmacro %}


{% macro has_words(quote, stems, words) -%}
  {#- True when `words` match, which are looked for in the few quotes alone that hold a stem: a third of the time. -#}
  coalesce(
    case when regexp_matches(lower({{ quote }}), '{{ stems }}') then regexp_matches(lower({{ quote }}), '{{ words }}') end,
    false
  )
{%- endmacro %}


{% macro is_top_up(quote) -%}
  {#- True when the words set a figure on top of an earlier one ("another 150", "100 more officers", "20 million on top"): a closed
      class of words beside a number, in the project's languages; "again" too. (\b knows ASCII letters only.) -#}
  {{ has_words(
    quote,
    "another|again|addition|further|second|extra|autres|nouveau|otr[oa]s|nuevo|outr[oa]s|novo|weiter|erneut|nochmal|noch einmal|abermals|zusätzlich|ek |ilave|yeniden|add(s|ed)?|ajout|añad|acrescent|rallonge|дополн|ещ[её]|вновь|снова|добав|مجددا|追加|增派|加派|额外|另外|再|又|more|on top|suppl|adicion|suplement|сверх|ضافي|de plus|más|mais|mehr|daha|أخرى|اخرى|آخر",
    "(\\b(another|again|additional|a further|a second|extra|autres|de nouveau|otr[oa]s|de nuevo|outr[oa]s|de novo|weitere[nrs]?|erneut|nochmals?|noch einmal|abermals|zusätzliche?[nrs]?|ek|ilave|yeniden|add(s|ed)?|ajout(e|ent|é|era|eront)|añad(e|en|ió|irá)|acrescent(a|am|ou))\\PL|à nouveau|rallonge|дополнительн\\pL*|ещ[её]|вновь|снова|добав\\pL*|مجددا|追加|增派|加派|额外|另外|再|又)[^.;]{0,14}[0-9٠-٩]|\\bmais [0-9]|[0-9] autres |[0-9٠-٩][^.;]{0,40}(more (troops|soldiers|police|officers|personnel|men)\\b|additional\\b|on top of|supplémentaire|additionnel|adicional|adicionais|suplementar|zusätzlich|сверх|дополнительн|إضافي|اضافي)|[0-9٠-٩][^.,;]{0,30}(more|de plus|más|a mais|mehr|daha|(دولار|يورو|ريال|درهم|دينار|جنيه|مليون|مليار|جندي|شرطي)\\pL? (أخرى|اخرى|آخر))( (for|to|in|on|pour|à|au|aux|en|para|al?|für|an|ver\\pL*|gönder\\pL*|yolla\\pL*)\\PL|[,.;:—–]|$)"
  ) }}
{%- endmacro %}


{% macro has_partners(quote) -%}
  {#- True when the words set unnamed others beside the giver ("Saudi Arabia and two partners", "Fiji and another neighbour"): a
      closed class of nouns and numerals, in the project's languages. -#}
  {{ has_words(
    quote,
    "partner|partenaire|socio|parceir|партн|شريك|شركا|ortağ|ortak|伙伴|other|autre|más|otro|outro|weitere|andere|друг|آخر|أخر|neighbo|voisin|vecin|vizinh|nachbar|сосед|جار|جير|مجاور|komşu|邻|countr|states|another|nations|allies|ally\\b|donor|pays|états|alliés|donat|países|aliad|donante|mais d|mais tr|doador|länder|staat|verbünd|стран|государ|союзн|донор|دولت|بلد|حلف|ülke|müttefik|两国|三国|四国|五国|国家|盟",
    "partner|partenaire|\\bsocios\\b|parceir|партн[её]р|شريك|شركاء|شركائ|شركاؤ|ortağ|ortaklar|伙伴|\\b(two|three|four|five|several|some) other|(deux|trois|quatre|cinq|plusieurs) autres|\\b(dos|tres|cuatro|varios) \\pL+ más|otros (dos|tres|cuatro|varios)|outros (dois|três|quatro|vários)|(zwei|drei|vier|mehreren?) (weitere|andere)|(двумя|тремя|двух|трёх|трех|два|две|три) други|(دولتين|دولتان|دول|بلدين|بلدان) (أخر|آخر)|\\b(two|three|four|five|several|some) (more |other |of (its|their) )?neighbo|(deux|trois|quatre|cinq|plusieurs) (autres |de (ses|leurs) |pays )?voisin|\\b(dos|tres|cuatro|cinco|varios) (países |de sus )?vecin|\\b(dois|três|quatro|cinco|vários) (países |outros )?vizinh|(zwei|drei|vier|mehrere) (weitere |andere )?nachbar|(двое|двух|двумя|два|две|трое|трёх|трех|тремя|три|четверо|четыре|четырьмя) (других )?сосед|جارتين|جارتان|(دولتين|دولتان|دول|بلدين|بلدان) مجاور|(iki|üç|dört|birkaç) komşu|[两三四几]个?邻国|\\b(and|with|by|plus) (one|another|a (second|third)|two|three|four|five|six|several) ([^ .;,]+ ){0,2}(countr(y|ies)|states?|nations?|neighbo|all(y|ies)\\b|donors?\\b|governments?\\b)|\\b(et|avec) (une? (autre|seconde?|deuxième)|deux|trois|quatre|cinq|six|plusieurs) ([^ .;,]+ )?(pays|états?\\b|nations?\\b|voisin|allié|donateur|gouvernement)|\\b(y|con) (otr[oa]|dos|tres|cuatro|cinco|seis|varios) ([^ .;,]+ )?(país|estado|naci|vecin|aliad|donante|gobierno|socio)|\\b(e|com) (mais |um |uma )?(outr[oa]|dois|duas|três|quatro|cinco|seis|vários) ([^ .;,]+ )?(país|estado|naç|vizinh|aliad|doador|governo)|\\b(und|mit) (eine?[rm]? (weitere|andere|zweite)[nrsm]?|zwei|drei|vier|fünf|sechs|mehreren?) ([^ .;,]+ )?(land\\b|länder|staat|nachbar|verbündet|geber|regierung)|(^| )(и|с|со) (ещ[её] |е[её] |его |их )?(одн(а|о|ой|им|ого)|один|двое|дв[ае]|двух|двумя|трое|три|тр[её]х|тремя|четверо|четыре|четыр[её]х|четырьмя|пять|пятью|несколько|несколькими) ([^ .;,]+ )?(стран|государств|сосед|союзник|донор)|ещ[её] (одн(а|о|ой|им)|один|дв[ае]|три|четыре|несколько) ([^ .;,]+ )?(стран|государств|сосед|союзник|донор)|(^| )و(دولة|بلد|جارة?|حليف)( \\pL+)? (أخرى|اخرى|آخر)|جارت(ه|ها|هم)|جيران(ه|ها|هم)|حلفا(ء|ئ|ؤ)|\\b(ve|ile) (diğer |başka )?(iki|üç|dört|beş|bir|birkaç) (diğer |başka )?(ülke|devlet|komşu|müttefik)|(iki|üç|dört|beş|bir) (ülke|devlet) daha|[和与及同](其|它的)?(另外?|其[他它])?[一两二三四五六几]个?(其[他它])?(国|邻国|盟)"
  ) }}
{%- endmacro %}


{% macro is_raise(quote) -%}
  {#- True when the words set a promise to a new figure ("raised its pledge to 30 million", "now 71 million in all"):
      a closed class of verbs and adverbs, in the project's languages. -#}
  {{ has_words(
    quote,
    "rais|increas|boost|lift|upp|top|bring|doubl|tripl|trebl|now |désormais|port|relèv|augment|hauss|sube|subirá|elev|aument|increment|ampl|erhöh|stock|heb|увелич|дов|رفع|زاد|زيادة|ليصل|لتصل|يصل|çıkar|yükselt|revis|revu|nach oben|more than|de plus|más de lo|que o |mehr als|больше|أكثر مما|增至|提高|增加|升至|追加|quadrupl|ارتفع",
    "\\b(rais|increas|boost|lift|upp|top)(e[sd]?|s|ed|ing|ped|pe[sd]) [^.;]{0,60}\\bto\\b|\\bbring(s|ing)? [^.;]{0,50}\\bto\\b|\\b(doubl|tripl|trebl|quadrupl)(e[sd]?|ing) (its|their|his|her|the|that|this)\\b|\\bnow (total|amount|stand|contribut|com(e|ing) to)|désormais|\\bport(e|ent|é|ée|és|ées|ant|era|eront)[^.;]{0,60} à |\\b(relèv|augment|hauss)[^.;]{0,60} à |\\b(sube|suben|subirá|elev|aument|increment|ampl[ií])[^.;]{0,60}\\b(a|hasta|para)\\b|\\b(erhöh|stock|heb|aufgestock)[^.;]{0,60}\\bauf\\b|увелич[^.;]{0,60} до |дов[её]л[^.;]{0,60} до |(رفع|زاد|زيادة|ارتفع|يرفع|ترفع|ليصل|لتصل|يصل)[^.؛]{0,60}إلى|çıkar(dı|ıyor|acak|ıldı)|yükselt|(revis|revu)[^.;]{0,40}(upward|hausse|al alza|em alta|para cima)|nach oben (korrigier|revidier)|more than (it|he|she|they)? ?(had )?(first |originally )?(offered|promised|pledged)|de plus (que|qu.)[^.;]{0,20}(promis|annonc|propos)|más de lo (prometido|ofrecido|anunciado)|(do que o|que o) (prometido|oferecido|anunciado)|mehr als (versprochen|angekündigt|zugesagt|angeboten)|больше,? чем (предл|обещ|объяв)|أكثر مما (وعد|أعلن|تعهد|عرض)|增至|提高到|提高至|增加到|增加至|升至|追加至"
  ) }}
{%- endmacro %}


{% macro is_cut(quote) -%}
  {#- True when the words set a sum to a lower figure ("cut its target to 8.5 billion"): as is_raise. -#}
  {{ has_words(
    quote,
    "lower|cut|reduc|trim|slash|scal|halv|ram[eè]n|rédui|abaiss|rebaj|reduj|recort|reduz|cort|baix|senk|kürz|herabgesetzt|verringer|сни[зж]|сокра|урез|уменьш|خفض|خفّض|قلص|قلّص|تقليص|تخفيض|düşür|indir|下调|减|降",
    "\\b(lower|cut|reduc|trim|slash|scal|halv)(e[sd]?|s|ed|ing|ting|ts|med|ming)? [^.;]{0,60}\\bto\\b|\\b(ram[eè]n|rédui|abaiss)[^.;]{0,60} à |\\b(rebaj|reduj|reduc|recort)[^.;]{0,60}\\ba\\b|\\b(reduz|cort|baix|rebaix)[^.;]{0,60}\\bpara\\b|(senk|kürz|reduzier|herabgesetzt|verringer)[^.;]{0,60}\\bauf\\b|\\bauf\\b[^.;]{0,40}(gesenkt|gekürzt|reduziert|herabgesetzt|verringert)|(сниз|сниж|сократ|сокращ|урез|уменьш)[^.;]{0,60} до |(خفض|خفّض|قلص|قلّص|تقليص|تخفيض)[^.؛]{0,60}إلى|düşür|indir(di|iyor|ecek|ildi)|下调至|下调到|减至|减少到|降至|降到|削减至|缩减至"
  ) }}
{%- endmacro %}


{% macro is_replaced(quote) -%}
  {#- True when the words set a figure in place of another ("95 million instead of 80", "and not 2 billion"): it may be
      a higher or a lower one. -#}
  {{ has_words(
    quote,
    "instead of|rather than|up from|down from|statt|anstelle|au lieu d|en lugar d|[em][nm] vez d|em lugar d|ao invés d|вместо|بدلا|بدلاً|عوضا|عوضاً|yerine|而[非不]|not |et non|y no |e não|nicht |, а не |وليس",
    "\\b(instead of|rather than|up from|down from|statt|anstatt|anstelle|au lieu d|en lugar d|en vez d|em vez d|em lugar d|ao invés d)[^.;]{0,40}[0-9]|вместо[^.;]{0,40}[0-9]|(بدلا من|بدلاً من|عوضا عن|عوضاً عن)[^.؛]{0,40}[0-9٠-٩]|[0-9][^.;]{0,30} yerine|而(非|不是)[^。；]{0,12}[0-9]|\\b(and not|et non( pas)?|y no|e não|und nicht|, not|, nicht) ([a-z’'']{1,6} ?)?[0-9]|, а не [0-9]|وليس(ت)? [0-9٠-٩]"
  ) }}
{%- endmacro %}


{% macro year_of_gift(quote, known_date) -%}
  {#- The year for which a sum is given: "7 million for 2026", "the 2026 plan", "au titre de 2026", "2025/26", "this year" in a
      report of 2026. A closed class of prepositions, nouns and words, in the project's languages; null where the words say none. -#}
  coalesce(
    case when contains({{ quote }}, '20') or contains({{ quote }}, '٢٠') then coalesce(
      try_cast(translate(regexp_extract(
        lower({{ quote }}),
        '(?:^|\PL)(?:(?:in|for|during|pour|en|durant|em|para|für|auch|в|на|за|في|au titre de|au titre d.) ?|(?:fiscal |financial )?year|l.année|l.exercice|el año|o ano(?: de)?|ano de|(?:das|im|dem|haushalts?)\s?jahre?s?|году?|عام|لعام|العام|للعام|سنة|لسنة|السنة|للسنة|budgets?(?: for| de)?|presupuesto(?: de)?|orçamento(?: de)?|haushalts?|plans?(?: for| de)?|plano(?: de)?|appel(?: de)?|бюджет\pL*|план\pL*|موازنة|ميزانية|خطة)\s((?:20|٢٠)[0-9٠-٩]{2})(?:[^0-9٠-٩]|$)',
        1
      ), '٠١٢٣٤٥٦٧٨٩', '0123456789') as integer),
      try_cast(regexp_extract(
        lower({{ quote }}), '(?:^|[^0-9])(20[0-9]{2})\s?(?:财?年|yılı|için\b|(?:\pL+ ){0,2}(?:plan|budget|appeal|contribution|target)\b)', 1
      ) as integer),
      try_cast(regexp_extract({{ quote }}, '(?:^|[^0-9/])(20[0-9]{2})/(?:20)?[0-9]{2}(?:[^0-9/]|$)', 1) as integer)
    ) end,
    year({{ known_date }}) + case
      when not regexp_matches(lower({{ quote }}), 'year|l.an|année|año|\bano|jahr|jähr|heuer|год|العام|السنة|yıl|年') then null
      when regexp_matches(
        lower({{ quote }}),
        '(this|current) (fiscal |financial )?year|cette année|année en cours|exercice en cours|(este|presente) año|(n?este|corrente|presente) ano\b|año en curso|diese[sm] jahr|laufende[ns]? jahr|diesjährig|heuer|(этом|этот|текущ\pL+|нынешн\pL+) год|هذا العام|هذه السنة|(العام|السنة) (الجاري|الحالي)|bu yıl|今年|本年|本财年'
      ) then 0
      when regexp_matches(
        lower({{ quote }}),
        'next (fiscal |financial )?year|coming year|l.an(née)? (prochaine?|à venir)|(próximo|que viene) año|año (próximo|que viene)|(nächste|kommende)[nsr]? jahr|nächstjährig|(следующ\pL+|будущ\pL+) год|(العام|السنة) (المقبل|القادم)|próximo ano|ano que vem|(gelecek|önümüzdeki) yıl|明年|下一?年度'
      ) then 1
    end
  )
{%- endmacro %}


{% macro names_two_years(quote) -%}
  {#- True when a quote names two years: which of them a figure is for, nobody can say. "2025/26" is one. -#}
  len(list_distinct(regexp_extract_all({{ quote }}, '(?:^|[^0-9/])(20[0-9]{2})(?:[^0-9]|$)', 1))) > 1
{%- endmacro %}


{% macro without_new_places(quote) -%}
  {#- A quote without places that are called new: what New Zealand gives is not new for that. -#}
  regexp_replace(
    lower({{ quote }}), '(new|nouvelle|nueva|nova|yeni) (zealand|zélande|zelanda|zelândia|york|iorque|delhi|delí|caledonia|calédonie|guinea|guinée)', '', 'g'
  )
{%- endmacro %}


{% macro is_one_of_two(quote) -%}
  {#- True when the words call a gift the new, the second or the first one: said beside another gift of the same sum. A
      closed class of adjectives and nouns, in the project's languages. A second instalment is no gift of its own. -#}
  {{ has_words(
    without_new_places(quote),
    "new|second|first|nouve|deuxi|premi|nuev|segund|primer|nov|prim|neu|zweit|erst|нов|втор|перв|جديد|ثاني|أول|yeni|ikinci|ilk|新|第",
    "\\b(new|second|first) ([^ .;,]+ ){0,2}(grant|gift|loan|pledge|donation|contribution|package|aid|credit|sum|programme|program)|(nouve(au|l|lle)|deuxième|seconde?|premi(er|ère)) ([^ .;,]+ ){0,2}(don|subvention|prêt|aide|contribution|enveloppe|promesse|crédit)|\\b(don|subvention|prêt|aide|contribution|enveloppe|crédit) ([^ .;,]+ )?(nouve(au|l|lle)|supplémentaire)|(nuev[oa]|segund[oa]|primer[oa]?) ([^ .;,]+ ){0,2}(donación|donativo|subvención|préstamo|ayuda|aporte|contribución|paquete|crédito)|(nov[oa]|segund[oa]|primeir[oa]) ([^ .;,]+ ){0,2}(doação|donativo|subvenção|empréstimo|ajuda|contribuição|pacote|crédito)|(neue|zweite|erste)[nrsm]? ([^ .;,]+ ){0,2}[^ .;,]*(spende|zuschuss|kredit|darlehen|hilfe|zusage|beitrag|paket|gabe)|(нов|втор|перв)(ый|ая|ое|ого|ую|ой|ом|ым|ые|ых) ([^ .;,]+ ){0,2}(грант|дар|кредит|за[её]м|помощ|взнос|пакет|транш помощи|обещани)|(منحة|المنحة|قرض|القرض|هبة|الهبة|مساعدة|المساعدة|مساهمة|المساهمة|معونة|المعونة|حزمة|الحزمة)( [^ .؛،]+)? (ال)?(جديدة?|ثانية?|أولى|أول)|(yeni|ikinci|ilk) (bir )?([^ .;,]+ ){0,2}(hibe|bağış|kredi|yardım|katkı|paket)|(新的?|第[一二]笔?(新的?)?)[^，。；]{0,8}(赠款|援助|捐款|贷款|捐助|无偿)"
  ) }}
{%- endmacro %}


{% macro is_new_gift(quote) -%}
  {#- True when the words call a gift a new, second or further one ("a second grant", "renews its aid"): as is_one_of_two,
      without the first. -#}
  {{ has_words(
    without_new_places(quote),
    "new|second|another|further|fresh|again|more|nouve|deuxi|autre|suppl|renou|nuev|segund|otr|adicional|ren[uo]ev|repet|repit|vuelv|volver|nov|outr|volt|neu|zweit|weiter|erneu|noch|wieder|нов|втор|ещ[её]|дополн|снова|опять|повтор|جديد|ثاني|إضافي|اضافي|أخرى|آخر|مجددا|تجدد|جدد|yeni|ikinci|ilave|ek |daha|再|又|新|第二|另|追加|续|last|previous|vergangen|vorig|letzt|dernier|passé|pasado|passado|прошл|ماضي|geçen|去年",
    "\\b(a|an|another|its|their|his|her|the) (new|second|third|further|additional|fresh|renewed|follow-on) ([^ .;,]+ ){0,3}(grant|gift|loan|pledge|donation|contribution|package|aid|credit|sum|support|assistance|programme|program|deposit|tranche of aid)|\\b(new|second|another|further|additional|fresh|more) ([^ .;,]+ ){0,3}(grant|gift|loan|pledge|donation|contribution|package|aid|credit|support|assistance|deposit)\\b|\\brenew(s|ed|ing|al)?\\b|\\b(will|to|would|has|have|is|are) (once )?again\\b|\\bonce (more|again)\\b|\\bfor (a|the) second (time|year)\\b|(nouve(au|l|lle)|deuxième|seconde?|autre) ([^ .;,]+ ){0,2}(don|subvention|prêt|aide|contribution|enveloppe|promesse|crédit|dépôt|soutien|appui|financement)|\\b(don|subvention|prêt|aide|contribution|enveloppe|crédit|dépôt|soutien|appui|financement) ([^ .;,]+ )?(nouve(au|l|lle)|supplémentaire|additionnel)|\\b(de|à) nouveau\\b|\\brenouvel(le|é|er|lement)|une (seconde|deuxième|nouvelle) fois|(nuev[oa]|segund[oa]|otr[oa]|adicional) ([^ .;,]+ ){0,2}(donación|donativo|subvención|préstamo|ayuda|aporte|aportación|contribución|paquete|crédito|depósito|apoyo)|(donación|donativo|subvención|préstamo|ayuda|aporte|aportación|contribución|paquete|crédito|depósito|apoyo) ([^ .;,]+ )?(nuev[oa]|adicional|suplementari[oa])|\\bde nuevo\\b|renueva|renovó|renovará|\\b(vuelve|vuelven|volvió|volverá|volverán) a\\b|repite|repetirá|otra vez|(nov[oa]|segund[oa]|outr[oa]) ([^ .;,]+ ){0,2}(doação|donativo|subvenção|empréstimo|ajuda|contribuição|pacote|crédito|depósito|apoio)|(doação|donativo|subvenção|empréstimo|ajuda|contribuição|pacote|crédito|depósito|apoio) ([^ .;,]+ )?(nov[oa]|adicional|suplementar)|\\bde novo\\b|\\brenov(a|ou|ará) |\\b(volta|voltam|voltou|voltará) a\\b|repete|repetirá|outra vez|(neue|zweite|weitere|zusätzliche|erneute)[nrsm]? ([^ .;,]+ ){0,2}[^ .;,]*(spende|zuschuss|kredit|darlehen|hilfe|zusage|beitrag|paket|gabe|einlage|unterstützung|förderung)|\\berneut|\\bnochmals?\\b|\\bnoch einmal\\b|\\bwieder\\b|zum zweiten mal|(нов|втор|ещ[её] од[^ ]*|дополнительн)[^ .;,]* ([^ .;,]+ ){0,2}(грант|дар|кредит|за[её]м|помощ|взнос|пакет|поддержк|депозит|обещани)|снова|вновь|опять|повторно|во второй раз|(منحة|المنحة|قرضا?|القرض|هبة|الهبة|مساعدة|المساعدة|مساعدات|مساهمة|المساهمة|معونة|المعونة|حزمة|الحزمة|وديعة|الوديعة|دعم|دعما)( [^ .؛،]+)? (ال)?(جديدة?|جديدا|ثانية?|ثان|أخرى|آخر|إضافية?|إضافيا)|مجددا|مجدداً|مرة أخرى|للمرة الثانية|(يجدد|تجدد|جدد|جددت) |(yeni|ikinci|ek|ilave) (bir )?([^ .;,]+ ){0,2}(hibe|bağış|kredi|yardım|katkı|paket|destek|mevduat)|\\byeniden\\b|bir kez daha|ikinci kez|(新的?|第二笔?(新的?)?|另一笔?|又一笔?)[^，。；]{0,8}(赠款|援助|捐款|贷款|捐助|无偿|资金)|再次|再度|再向|又向|" ~ as_before()
  ) }}
{%- endmacro %}


{% macro as_before() -%}
  {#- Words that compare a gift with an earlier one ("as last year"), and recall nothing. -#}
  \b(as|than|like)( much)?( as)?( it did)?( in)? (last|the previous) year|wie (schon |bereits )?im (vergangenen|vorigen|letzten) jahr|comme l.an (dernier|passé)|comme l.année (dernière|précédente)|como el año pasado|como no ano passado|как и в прошлом году|كما [^.؛]{0,12}العام الماضي|(与|和|跟)?去年(一样|相同|同样)|geçen yıl(ki)? (olduğu )?gibi
{%- endmacro %}


{% macro is_recalled(quote) -%}
  {#- True when the words look back to what was said or done before ("promised last year", "had pledged", "a year ago"): a closed
      class of adverbs and auxiliaries, in the project's languages. -#}
  {{ has_words(
    "regexp_replace(lower(" ~ quote ~ "), '" ~ as_before() ~ "', '', 'g')",
    "last|ago|had|earlier|previous|original|once|already|since|dernier|passé|il y a|avai|déjà|précéd|initial|promise?s? |pasad|hace|habí|anterior|\\bya\\b|prometid|passad|há |havi|tinh|já|vergangen|vorig|letzt|vor |hatte|bereits|schon|ursprüng|seinerzeit|zugesagte[nrs]? |versproch|прошл|назад|ранее|раньше|уже|обещанн|ماض|قبل|كان|سبق|سابق|geçen|önce|daha|去年|年前|前年|此前|曾|早|已",
    "\\blast (year|month|week|spring|summer|autumn|fall|winter|january|february|march|april|may|june|july|august|september|october|november|december)\\b|\\b(years?|months|weeks) (ago|earlier|before)\\b|\\bhad (already |also |first |once )?[a-z]+(ed|en|id|de)\\b|\\b(previously|earlier|originally|already)\\b|\\b(l.an|année|mois|printemps|été|automne|hiver|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre) (dernier|dernière|passée?|précédente?)|il y a (un|deux|trois|quatre|cinq|six|plusieurs|quelques|[0-9]+) (an|mois|semaine)|\\bavai(t|ent)\\b|déjà|précédemment|initialement|(millions?|milliards?|euros?|dollars?|francs?|couronnes?|livres?)( [^ .;,]+)? promise?s?\\b|\\b(año|mes|verano|otoño|invierno|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre) pasad|pasad[oa] (año|mes|verano|otoño|invierno|primavera|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)|primavera pasada|hace (un|dos|tres|cuatro|seis|varios|unos|[0-9]+) (año|mes|semana)|\\bhabía(n)?\\b|anteriormente|\\bya (ha|habí|promet|anunci|compromet)|(millones|euros|dólares|coronas|libras|milhões|coroas)( [^ .;,]+)? prometid[oa]s?\\b|\\b(ano|mês|verão|outono|inverno) passad|passad[oa] (ano|mês)|(^|\\PL)há (um|dois|três|seis|vários|[0-9]+) (ano|mes|mês|seman)|\\b(havia|haviam|tinha|tinham)\\b|anteriormente|(vergangene|vorige|letzte)[nmrs]? (jahr|monat|woche|frühjahr|frühling|sommer|herbst|winter|januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)|\\bvor (einem|zwei|drei|vier|fünf|sechs|mehreren|einigen|[0-9]+) (jahr|monat|woche)|\\bhatten?\\b|\\bbereits\\b|\\bschon\\b|ursprünglich|seinerzeit|zugesagte[nrs]? |versprochene[nrs]? |прошл(ом|ого|ой|ым) (год|месяц|весн|лет|осен|зим)|прошл(ой|ым) (весной|осенью|зимой|летом)|(год|года|лет|месяц|месяца|месяцев|недел[^ ]*) назад|(^|\\PL)(ранее|раньше|уже)\\PL|обещанн|(العام|السنة|الشهر|الصيف|الربيع|الخريف|الشتاء) (الماضي|الماضية|السابق)|قبل (عام|عامين|سنة|سنتين|شهر|شهرين|أشهر|[0-9٠-٩]+|بضع)|(^|\\PL)(كان|كانت) قد|وكان(ت)? |سبق (أن|وأن|ل)|سابقا|في وقت سابق|geçen (yıl|ay|sene|ilkbahar|yaz|sonbahar|kış|ocak|şubat|mart|nisan|mayıs|haziran|temmuz|ağustos|eylül|ekim|kasım|aralık)|(yıl|ay|hafta) önce|daha önce|去年|年前|前年|此前|早前|早先|曾|已经"
  ) }}
{%- endmacro %}


{% macro is_instalment(quote) -%}
  {#- True when the words call a sum an advance or an instalment, hence a part of another: a closed class of nouns, in the
      project's languages. -#}
  coalesce(
    regexp_matches(
      lower({{ quote }}),
      'instal?ments?\b|tranche|\b(an|the) advance\b|advance payment|down payment|(first|second|third) payment|\bavances?\b|acompte|(premi|deuxi|second)[^ ]* versement|\btramos?\b|anticipo|\bcuotas?\b|(primer|segundo) (pago|desembolso)|parcela|adiantamento|\braten?\b|teilzahlung|abschlag|vorschuss|anzahlung|транш|аванс|شريحة|الشريحة|دفعة|الدفعة|قسط|القسط|taksit|dilim|avans|首期|首笔|第一笔|第二笔|分期|预付'
    ),
    false
  )
{%- endmacro %}


{% macro is_country(entity_id) -%}
  {#- True when an id is that of a country, whose codes alone are written in capitals. -#}
  regexp_full_match({{ entity_id }}, '[A-Z]{3}')
{%- endmacro %}


{% macro is_organisation_alone(contributor_ids) -%}
  {#- True when one contributor is named that is no country: an organisation, which may stand for its members. -#}
  (len({{ contributor_ids }}) = 1 and not {{ is_country(contributor_ids ~ '[1]') }})
{%- endmacro %}


{% macro may_serve_together(one, other) -%}
  {#- True when two contingents of one place may be one: in the same force, or where one of them names none. -#}
  (
    {{ one }}.force_key = {{ other }}.force_key
    or {{ one }}.counterpart_id is null
    or {{ other }}.counterpart_id is null
  )
{%- endmacro %}


{% macro names_money(quote) -%}
  {#- True when the words call what is given money, though they name no figure ("has paid out its entire loan"): a closed
      class of nouns, in the project's languages. -#}
  coalesce(
    regexp_matches(
      lower({{ quote }}),
      '\b(money|loans?|credits?|cash)\b|\bprêts?\b|\bcrédits?\b|\bargent\b|préstamo|crédito|dinero|empréstimo|dinheiro|kredit|darlehen|\bgeld|кредит|за[её]м|деньги|денег|средства|قرض|القرض|أموال|الأموال|kredi|贷款|资金'
    ),
    false
  )
{%- endmacro %}


{% macro former_figure(quote) -%}
  {#- The number that the words set a new figure in place of ("149.7 million instead of 47.2", "from 40 to 25 million"), as it is
      written, without its unit, which is often said once: a closed class of words, in the project's languages; an empty
      text where there is none. -#}
  {%- set number = "([0-9]+(?:[.,  ’\\x27][0-9]+)*)" -%}
  {%- set words = "translate(lower(" ~ quote ~ "), '٠١٢٣٤٥٦٧٨٩٫', '0123456789,')" -%}
  coalesce(
    {%- for pattern in (
      "(?:instead of|rather than|up from|down from|statt|anstelle|au lieu d|en lugar d|en vez d|em vez d|em lugar d|ao invés d|вместо|بدلا من|بدلاً من|عوضا عن|عوضاً عن|而非|而不是|and not|et non|\\by no|e não|und nicht|, not|, nicht|, а не|وليس)[^.;0-9]{0,40}" ~ number,
      number ~ "[^.;0-9]{0,30} yerine",
      "(?:^|\\PL)(?:from|von|de|desde|со?|من)\\s[^.;0-9 ]{0,5} ?" ~ number ~ "[^.;0-9]{0,30}\\s(?:to|auf|à|a|para|hasta|до|إلى)\\s",
      number ~ "[^.;0-9]{0,20}[dt][ae]n [^.;0-9]{0,20}[0-9]",
      "[从由]" ~ number ~ "[^。；0-9]{0,8}(?:至|到|为)",
      "\\bto\\s[^.;]{0,40}[0-9][^.;0-9]{0,30} from [^.;0-9]{0,6}" ~ number,
    ) %}
    nullif(regexp_extract({{ words }}, '{{ pattern }}', 1), ''){{ "," }}
    {%- endfor %}
    ''
  )
{%- endmacro %}


{% macro figures_of(number) -%}
  {#- What a written number without its unit may stand for: 47.2 is 47.2 thousand, million or billion; 1,885 has a decimal comma
      or none. -#}
  list_distinct(flatten(list_transform(
    list_filter(
      [
        try_cast(replace({{ number }}, ',', '.') as double),
        case
          when regexp_full_match({{ number }}, '[0-9]{1,3}([^0-9][0-9]{3})+')
            then try_cast(regexp_replace({{ number }}, '[^0-9]', '', 'g') as double)
        end
      ],
      figure -> figure > 0
    ),
    figure -> list_transform([1, 1e3, 1e4, 1e6, 1e8, 1e9, 1e12], unit -> round(figure * unit, 2))
  )))
{%- endmacro %}


{% macro is_near_headcount(one, other) -%}
  {#- True when two headcounts may be reports of one. -#}
  coalesce({{ one }} between 0.85 * {{ other }} and 1.15 * {{ other }}, false)
{%- endmacro %}


{% macro mostly_agree(one, other) -%}
  {#- True when two lists have more than half of all that is in either in common. -#}
  2 * len(list_intersect({{ one }}, {{ other }})) > len(list_distinct({{ one }} || {{ other }}))
{%- endmacro %}


{% macro agency_names() -%}
  {#- The names of seeds/agencies.csv as one pattern: one pass over a text finds the first of them. -#}
  {%- if execute -%}
    {%- set rows = run_query("select string_agg(regexp_escape(name), '|' order by length(name) desc, name) from " ~ ref('agencies')) -%}
    {{- rows.columns[0].values()[0] | replace("'", "''") -}}
  {%- endif -%}
{%- endmacro %}


{% macro significant_digits(number) -%}
  {#- Digits that a written figure states: 7 billion has one, 1.25 billion three. -#}
  length(ltrim(rtrim(replace(rtrim(cast({{ number }} as varchar), '0'), '.', ''), '0'), '0'))
{%- endmacro %}


{% macro commitment_hash(key) -%}
  left(md5({{ key }}), 16)
{%- endmacro %}


{% macro claim_kind(claims) -%}
  {#- Kinds that are never clustered with each other; an expression over the claims of that name. -#}
  case
    when {{ claims }}.record_type in ('troop_commitment', 'membership') then {{ claims }}.record_type
    when {{ claims }}.is_contribution then 'contribution'
    else 'funding ' || coalesce({{ claims }}.role, 'other')
  end
{%- endmacro %}


{% macro claims_in_dollars() -%}
  {#- What the sum of each claim is worth: claim_id and headline_usd. -#}
  select claim_id, coalesce(amount_usd, usd_min, usd_max) as headline_usd
    from {{ ref('int_claims_converted') }}
{%- endmacro %}


{% macro dollar_steps(usd) -%}
  {#- Two steps of a tenth: of sums within a tenth of each other one is the same. -#}
  [floor(ln({{ usd }}) / ln(1.1)), floor(ln({{ usd }}) / ln(1.1)) + 1]
{%- endmacro %}


{% macro is_worth_the_same(one, other, is_approximate, is_apart='false') -%}
  {#- True when two sums in dollars may be one, converted at the rates of the day, which are further from each other
      where the days lie apart. -#}
  greatest({{ one }}, {{ other }}) <= least({{ one }}, {{ other }})
    * case when {{ is_approximate }} then 1.10 when {{ is_apart }} then 1.06 else 1.03 end
{%- endmacro %}


{% macro both_ways() -%}
  {#- The pairs of keys that the named tables join, each told from both sides. -#}
  select unnest([commitment_key, leading_key]) as commitment_key, unnest([leading_key, commitment_key]) as linked_key
  from (
    {%- for table in varargs %}
    select commitment_key, leading_key from {{ table }}
    {%- if not loop.last %} union all {%- endif %}
    {%- endfor %}
  )
{%- endmacro %}


{% macro linked_groups(name, links) -%}
  {#- Every key with all that pairs lead to from it; the body of a recursive CTE called `name`. -#}
  select commitment_key, linked_key from {{ links }}
  union
  select {{ name }}.commitment_key, {{ links }}.linked_key
  from {{ name }}
  inner join {{ links }} on {{ name }}.linked_key = {{ links }}.commitment_key
{%- endmacro %}


{% macro recipient_hints(claims, usd) -%}
  {#- Claims of the same money for a country, and for an organisation that works there, share one of these: by
      contributors, wider recipient and dollars, of which figures within a tenth of each other share one step of two. -#}
  flatten(list_transform({{ claims }}.wider_recipient_ids, wider_id -> case
    when {{ usd }} > 0 then list_transform(
      {{ dollar_steps(usd) }},
      step -> hash('for', {{ claims }}.contributor_key, wider_id, step)
    )
    else [hash(
      'for', {{ claims }}.contributor_key, wider_id, {{ claims }}.currency,
      coalesce({{ claims }}.amount, {{ claims }}.amount_min, {{ claims }}.amount_max)
    )]
  end))
{%- endmacro %}


{% macro partner_recipients(claims) -%}
  {#- Whom a joint sum is for: the recipient, and the countries that are named with one which no list knows. -#}
  list_distinct(
    [coalesce({{ claims }}.counterpart_id, '')]
    || case when {{ claims }}.is_listed_counterpart then [] else {{ claims }}.wider_recipient_ids end
  )
{%- endmacro %}


{% macro partner_hints(claims, usd) -%}
  {#- Claims of a joint sum, and those of one giver and unnamed partners, share one of these: by recipient and dollars. -#}
  case
    when {{ usd }} > 0 and ({{ claims }}.has_partners or len({{ claims }}.contributor_ids) > 1)
      then flatten(list_transform(
        {{ partner_recipients(claims) }},
        recipient_id -> list_transform({{ dollar_steps(usd) }}, step -> hash('together', recipient_id, step))
      ))
    else []
  end
{%- endmacro %}


{% macro place_hints(claims) -%}
  {#- Claims of joint sums for recipients that no list knows share one by the country that both name. -#}
  case
    when len({{ claims }}.contributor_ids) > 1 and not {{ claims }}.is_listed_counterpart
      then list_transform({{ claims }}.wider_recipient_ids, place -> hash('place', place))
    else []
  end
{%- endmacro %}


{% macro contingent_hints(claims) -%}
  {#- Claims of a joint contingent, those of one contributor and unnamed partners, and those of an organisation share one by
      force or host. -#}
  case
    when {{ claims }}.record_type = 'troop_commitment'
      and (
        {{ claims }}.has_partners
        or len({{ claims }}.contributor_ids) > 1
        or {{ is_organisation_alone(claims ~ '.contributor_ids') }}
      )
      then list_transform(
        list_filter(
          [{{ claims }}.counterpart_id, {{ claims }}.host_id, {{ claims }}.serves_in_id], place -> place is not null
        ),
        place -> hash('contingent', place)
      )
    else []
  end
{%- endmacro %}


{% macro value_problem() -%}
  {#- Why `value` cannot stand in `field`, of a correction; null if it can. Stages are those of a CTE of that name. -#}
  case
    when field in ('amount', 'amount_min', 'amount_max') and try_cast(value as decimal(38, 4)) is null
      then concat(field, ' is a number, as 25000000, not ', value)
    when field in ('headcount', 'equipment') and try_cast(value as bigint) is null
      then concat(field, ' is a whole number, not ', value)
    when field in ('event_date', 'announcement_date') and try_cast(value as date) is null
      then concat(field, ' is a day, as 2027-01-20, not ', value)
    when field = 'currency' and not regexp_full_match(value, '[A-Z]{3}')
      then concat('currency is a code of three letters, as EUR, not ', value)
    when field = 'is_umbrella' and value not in ('true', 'false') then 'is_umbrella is true or false'
    when field = 'stage' and value not in (select stage from stages) then concat('there is no stage ', value)
  end
{%- endmacro %}


{% macro is_one_recipient(one, documents_of_one, other, documents_of_other) -%}
  {#- True when two recipients of a joint sum are one: they have one id, or no report tells of both. -#}
  (
    {{ one }} is not distinct from {{ other }}
    or not list_has_any({{ documents_of_one }}, {{ documents_of_other }})
  )
{%- endmacro %}


{% macro is_step_of(rank, date, earlier_rank, earlier_date, days) -%}
  {#- True when a claim may be a step up the ladder from an earlier one: of a higher stage, and at most so much later. -#}
  coalesce({{ rank }} > {{ earlier_rank }} and {{ date }} - {{ earlier_date }} between 0 and {{ days }}, false)
{%- endmacro %}


{% macro with_last_leader(links) -%}
  {#- The links of a CTE (commitment_key to leading_key), in which who follows a follower follows its leader. -#}
  (

    select
        links.commitment_key,
        coalesce(leaders.leading_key, links.leading_key) as leading_key
    from {{ links }} as links
    left join {{ links }} as leaders on links.leading_key = leaders.commitment_key

)
{%- endmacro %}
