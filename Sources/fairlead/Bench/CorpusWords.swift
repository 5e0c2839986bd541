/// What the built-in corpus is made of. The most frequent words come first.
enum CorpusWords {
    static let german = """
        die der und in zu den das nicht von sie ist des sich mit dem dass er es ein ich auf so eine auch als an nach wie im für man aber aus \
        durch wenn nur war noch werden bei hat wir was wird sein einen welche sind oder zur um haben einer mir über ihm diese einem ihr uns da \
        zum kann doch vor dieser mich ihn du hatte seine mehr am denn nun unter sehr selbst schon hier bis habe ihre dann ihnen seiner alle \
        wieder meine Zeit gegen vom ganz einzelnen wo muss ohne eines können sei ja wurde jetzt immer seinen wohl dieses ihren würde diesen \
        sondern weil welcher nichts diesem alles waren will Herr viel mein also soll worden lassen dies machen ihrer weiter Leben recht etwas \
        keine seinem ob dir allen großen Jahre müssen welches wäre erst einmal Mann hätte zwei dich allein Herren während liegt kleinen nie \
        morgen heute gestern danke bitte gerade vielleicht Server Meldung Fehler läuft geht kommt gut genau leider schnell neu alt Termin \
        Besprechung Uhr Woche Montag Dienstag Freitag jemand niemand Frage Antwort Problem Lösung Datei Zugang Konto Raum Gruppe Liste
        """
    static let english = """
        the of and to a in is that it was for on are as with his they at be this from have or by one had not but what all were when we there \
        can an your which their said if do will each about how up out them then she many some so these would other into has more her two like \
        him see time could no make than first been its who now people my made over did down only way find use may water long little very after \
        words called just where most know get through back much before go good new write our used me man too any day same right look think \
        also around another came come work three word must because does part even place well such here take why things help put years different \
        away again off went old number great tell men say small every found still between name should home big give air line set own under read \
        last never us left end along while might next sound below saw something thought both few those always looked show large often together \
        asked house don't world going want thanks please server deploy build test error log file patch merge branch review meeting tomorrow
        """
    static let germanStems = """
        arbeit haus stadt land recht wort bild buch werk zeug amt zeit tag jahr weg gang zug stand stell halt trag schrift sprach denk fühl \
        seh hör schreib les kauf bau fahr lauf spiel lern lehr frag ant wend bind zieh druck schloss bruch kraft macht wirt schaft dienst \
        netz strom daten rechn prüf mess teil meng form grund boden wand dach raum platz markt geld wert preis kost nutz scha heil krank \
        kind freund nachbar bürger rat haupt neben ober unter über vor nach ein aus ab an auf um durch wider ver be ent zer miss
        """
    static let germanEndings = " e en er es ung ungen heit keit lich liche lichen ig ige igen isch ische schaft bar los st te ten end t n"
    static let englishStems = """
        act form port rect spect struct tract vert vis voc scrib script duct ject mit pos pon press tend tain serv sist sent sign solv \
        spir strain sum tang turn use vent vok volv work light house land hand head heart foot ground water wind fire stone wood paper \
        book note board game play code data base net web cloud disk link node clock key lock gate road path side time day night week \
        over under out in re de con com pro pre sub trans inter ex ad per dis mis un fore back counter
        """
    static let englishEndings =
        " s ed ing er ers ion ions ive ly al able ible ment ness ful less ity ist ism ize ized or ant ent ance ence y"
    static let names = [
        "Anna", "Bob", "Carla", "Dieter", "Emre", "Fatma", "Günter", "Hannah", "İpek", "Jörg", "Kim", "Łukasz", "Márta", "Noël",
    ]
    static let hosts = ["github.com", "www.example.org", "wiki.example.de", "tickets.example.net", "de.wikipedia.org/wiki"]
    static let ends = [".", ".", ".", "!", "?", "?", "", "", "", "", " ;)", "…"]
    static let faces = ["😀", "👍", "🙈", "🎉", ":-)", ":D", "😅", "🤔", "❤️", "🚀"]
}
