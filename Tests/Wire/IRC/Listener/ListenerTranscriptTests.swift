import Base
import Testing
import WireIRC

/// Conversations with a client: `<` what it sends, `>` what it must get then, `=` what the driver must be told, `+` what the driver says.
/// A number before the mark names the client.
@Suite struct ListenerTranscriptTests {
    @Test func aPlainClientRegistersAndJoins() {
        play(
            """
            < NICK anna
            < USER anna 0 * :Anna A.
            = authenticate anna
            + admit
            > :s 001 anna :Welcome to the relay local, anna
            > :s 002 anna :Your host is s, running v1
            > :s 003 anna :This server began today
            > :s 004 anna s v1 i n
            > :s 005 anna CASEMAPPING=ascii CHANTYPES=# CHANMODES=,,,n PREFIX= NICKLEN=30 CHANNELLEN=64 TOPICLEN=256 NETWORK=local UTF8ONLY :are supported by this server
            > :s 005 anna CHATHISTORY=100 MSGREFTYPES=msgid,timestamp TARGMAX=PRIVMSG:1,NOTICE:1,TAGMSG:1 CLIENTTAGDENY=*,-draft/reply,-reply,-draft/react,-draft/unreact MODES=1 AWAYLEN=200 :are supported by this server
            > :s 251 anna :There are 1 users and 0 invisible on 1 servers
            > :s 254 anna 1 :channels formed
            > :s 255 anna :I have 1 clients and 0 servers
            > :s 422 anna :There is no message of the day
            < JOIN #OPS
            > :anna!anna@local JOIN #ops
            = tell #ops :anna!anna@local JOIN #ops
            > :s 353 anna = #ops anna
            > :s 366 anna #ops :End of /NAMES list
            < PRIVMSG #ops :hello
            = utter #ops message(hello)
            < PART #ops :bye
            > :anna!anna@local PART #ops bye
            = tell #ops :anna!anna@local PART #ops bye
            < QUIT :gone
            = tell all  :anna!anna@local QUIT :Quit: gone
            > ERROR :Closing link: Quit: gone
            = end
            """)
    }

    @Test func capabilitiesHoldUpTheRegistration() {
        play(
            """
            < CAP LS 302
            > :s CAP * LS :batch cap-notify draft/chathistory draft/event-playback echo-message labeled-response message-tags multi-prefix server-time standard-replies userhost-in-names
            < NICK anna
            < USER anna 0 * :Anna
            < CAP REQ :batch sasl
            > :s CAP anna NAK :batch sasl
            < CAP REQ :batch message-tags labeled-response
            > :s CAP anna ACK :batch message-tags labeled-response
            < CAP REQ :-batch
            > :s CAP anna ACK -batch
            < CAP LIST
            > :s CAP anna LIST :labeled-response message-tags
            < CAP WHAT
            > :s 410 anna WHAT :Invalid CAP command
            < CAP END
            = authenticate anna
            """)
    }

    @Test func whoIsNotRegisteredCanDoNothing() {
        play(
            """
            < JOIN #ops
            > :s 451 * :You have not registered
            < NICK
            > :s 431 * :No nickname given
            < NICK anna/partner
            > :s 432 * anna/partner :Erroneous nickname
            < NICK 1anna
            > :s 432 * 1anna :Erroneous nickname
            < USER anna
            > :s 461 * USER :Not enough parameters
            < PASS
            > :s 461 * PASS :Not enough parameters
            < PING x
            > :s PONG s x
            < PASS secret
            < NICK anna
            < USER anna 0 * :Anna
            = authenticate anna secret
            + refuse
            > :s 464 anna :Password incorrect
            > ERROR :Closing link: Password incorrect
            = end
            < JOIN #ops
            """)
    }

    @Test func anAccountGetsItsNick() {
        play(
            """
            < PASS anna:secret
            < NICK guest
            < USER whoever 0 * :Anna
            = authenticate guest anna:secret
            + admit anna
            * 001 anna
            < NICK other
            > :s 447 anna :Your nickname is that of your account, anna
            < NICK ANNA
            > :s 447 anna :Your nickname is that of your account, anna
            < JOIN #ops
            > :anna!anna@local JOIN #ops
            = tell #ops :anna!anna@local JOIN #ops
            > :s 353 anna = #ops anna
            > :s 366 anna #ops :End of /NAMES list
            """)
    }

    @Test func twoSessionsOfOneAccountAreOnePerson() {
        play(
            """
            1< PASS x
            1< NICK anna
            1< USER a 0 * :Anna
            1= authenticate anna x
            1+ admit anna
            1* 001 anna
            1< JOIN #ops
            1* JOIN #ops
            2< PASS x
            2< NICK anna
            2< USER a 0 * :Anna
            2= authenticate anna x
            2+ admit anna
            2* 255 anna :I have 1 clients and 0 servers
            2< JOIN #ops
            2> :anna!anna@local JOIN #ops
            2> :s 353 anna = #ops anna
            2> :s 366 anna #ops :End of /NAMES list
            1< QUIT
            1> ERROR :Closing link: quit
            1= end
            2< PART #ops
            2> :anna!anna@local PART #ops
            2= tell #ops :anna!anna@local PART #ops
            """)
    }

    @Test func aNickBelongsToOneWhereThereAreNoAccounts() {
        play(
            """
            1+ register anna
            2< NICK Anna
            2> :s 433 * Anna :Nickname is already in use
            2+ register bob
            2< NICK ANNA
            2> :s 433 bob ANNA :Nickname is already in use
            2< JOIN #ops
            2* JOIN #ops
            2< NICK Bert
            2> :bob!bob@local NICK Bert
            2= tell all #ops :bob!bob@local NICK Bert
            2< NAMES #ops
            2> :s 353 Bert = #ops Bert
            2> :s 366 Bert #ops :End of /NAMES list
            """)
    }

    @Test func labelsComeBack() {
        play(
            """
            + register anna batch labeled-response message-tags
            < @label=a PING x
            > @label=a :s PONG s x
            < @label=b PONG x
            > @label=b :s ACK
            < @label=c USERHOST anna
            > @label=c :s 302 anna anna=+anna@local
            < @label=d WHOIS anna
            > @label=d :s BATCH +1 labeled-response
            > @batch=1 :s 311 anna anna anna local * anna
            > @batch=1 :s 312 anna anna s local
            > @batch=1 :s 318 anna anna :End of /WHOIS list
            > :s BATCH -1
            < @label=e JOIN #ops
            > @label=e :s BATCH +2 labeled-response
            > @batch=2 :anna!anna@local JOIN #ops
            > @batch=2 :s 353 anna = #ops anna
            > @batch=2 :s 366 anna #ops :End of /NAMES list
            > :s BATCH -2
            = tell #ops :anna!anna@local JOIN #ops
            < @label=f PRIVMSG #ops :hello
            = utter #ops message(hello) label f
            < @label=g TAGMSG #ops
            > @label=g :s ACK
            < @label=h PRIVMSG nobody :hello
            > @label=h :s 401 anna nobody :No such nick/channel
            """)
    }

    @Test func repliesAndReactionsAreUnderstoodAndTypingIsNot() {
        play(
            """
            + register anna message-tags
            < JOIN #ops
            * JOIN #ops
            < @+draft/reply=abc.1 PRIVMSG #ops :yes
            = utter #ops message(yes) to abc.1
            < @+reply=abc.2 NOTICE #ops :yes
            = utter #ops notice(yes) to abc.2
            < @+draft/reply=abc.1;+draft/react=👍 TAGMSG #ops
            = utter #ops reaction(👍, true) to abc.1
            < @+reply=abc.1;+draft/unreact=👍 TAGMSG #ops
            = utter #ops reaction(👍, false) to abc.1
            < @+typing=active TAGMSG #ops
            < @+draft/react=👍 TAGMSG #ops
            < PRIVMSG #ops :\u{01}ACTION waves\u{01}
            = utter #ops action(waves)
            < PRIVMSG #ops :\u{01}VERSION\u{01}
            """)
    }

    @Test func whatAnotherRelayWroteForSomebodyIsNotTakenIn() {
        play(
            """
            + register fairlead message-tags
            < JOIN #ops
            * JOIN #ops
            < PRIVMSG #ops :<n\u{2060}ora> hello
            > :s 404 fairlead #ops :Cannot send to channel: another relay's copy is not taken in
            < PRIVMSG #ops :* n\u{2060}ora waves
            > :s 404 fairlead #ops :Cannot send to channel: another relay's copy is not taken in
            < @+fairlead/mark=x NOTICE #ops :hello
            > :s 404 fairlead #ops :Cannot send to channel: another relay's copy is not taken in
            < @+fairlead/mark=x;+draft/reply=a.1;+draft/react=👍 TAGMSG #ops
            > :s 404 fairlead #ops :Cannot send to channel: another relay's copy is not taken in
            < PRIVMSG #ops :<nora> hello
            = utter #ops message(<nora> hello)
            """)
    }

    @Test func mistakesAreAnswered() {
        play(
            """
            + register anna
            < PRIVMSG
            > :s 411 anna :No recipient given (PRIVMSG)
            < PRIVMSG #ops
            > :s 412 anna :No text to send
            < PRIVMSG #ops :hello
            > :s 404 anna #ops :Cannot send to channel: you are not in it
            < PRIVMSG #none :hello
            > :s 403 anna #none :No such channel
            < PRIVMSG a,b :hello
            > :s 407 anna a,b :Too many recipients
            < PRIVMSG anna :hello
            > :s 531 anna anna :Private messages are not carried by this relay
            < JOIN
            > :s 461 anna JOIN :Not enough parameters
            < JOIN #none
            > :s 403 anna #none :No such channel; the relay's bridges say which there are
            < PART #ops
            > :s 442 anna #ops :You're not on that channel
            < PART #none
            > :s 403 anna #none :No such channel
            < TOPIC #ops :new
            > :s 442 anna #ops :You're not on that channel
            < TOPIC #ops
            > :s 331 anna #ops :No topic is set
            < MODE #ops
            > :s 324 anna #ops +n
            < MODE #ops b
            > :s 368 anna #ops :End of channel ban list
            < MODE #ops +i
            > :s 482 anna #ops :Nobody is an operator here
            < MODE anna
            > :s 221 anna +
            < WHO nobody
            > :s 315 anna nobody :End of WHO list
            < WHOIS nobody
            > :s 401 anna nobody :No such nick/channel
            > :s 318 anna nobody :End of /WHOIS list
            < USER a 0 * :b
            > :s 462 anna :You may not reregister
            < FROBNICATE now
            > :s 421 anna FROBNICATE :Unknown command
            < CHATHISTORY LATEST #ops * 5
            > :s 421 anna CHATHISTORY :Unknown command
            < AWAY :lunch
            > :s 306 anna :You have been marked as being away
            < WHOIS anna
            > :s 311 anna anna anna local * anna
            > :s 312 anna anna s local
            > :s 301 anna anna lunch
            > :s 318 anna anna :End of /WHOIS list
            < AWAY
            > :s 305 anna :You are no longer marked as being away
            < ISON nobody anna
            > :s 303 anna anna
            < LIST
            > :s 321 anna Channel :Users  Name
            > :s 322 anna #ops 0 :
            > :s 323 anna :End of /LIST
            """)
    }

    @Test func historyIsAskedForInEveryWay() {
        play(
            """
            + register anna draft/chathistory
            < CHATHISTORY LATEST #ops * 500
            = history #ops latest(after: nil) 100
            < CHATHISTORY LATEST #ops msgid=abc.7 50
            = history #ops latest(after: messageID(abc.7)) 50
            < CHATHISTORY BEFORE #ops timestamp=2026-11-25T07:01:12.345Z 10
            = history #ops before(time(1795590072345)) 10
            < CHATHISTORY AFTER #ops msgid=abc.7 10
            = history #ops after(messageID(abc.7)) 10
            < CHATHISTORY AROUND #ops msgid=abc.7 10
            = history #ops around(messageID(abc.7)) 10
            < CHATHISTORY BETWEEN #ops msgid=abc.7 msgid=abc.9 10
            = history #ops between(messageID(abc.7), messageID(abc.9)) 10
            < CHATHISTORY TARGETS timestamp=2026-11-25T07:01:12.345Z timestamp=2026-11-25T08:01:12.345Z 10
            = history  targets(1795590072345, 1795593672345) 10
            < CHATHISTORY
            > :s FAIL CHATHISTORY INVALID_PARAMS * :Unknown subcommand
            < CHATHISTORY LATEST #ops
            > :s FAIL CHATHISTORY INVALID_PARAMS LATEST :Expected 3 parameters, the last one a number
            < CHATHISTORY LATEST #ops * many
            > :s FAIL CHATHISTORY INVALID_PARAMS LATEST :Expected 3 parameters, the last one a number
            < CHATHISTORY LATEST #none * 5
            > :s FAIL CHATHISTORY INVALID_TARGET LATEST #none :No such channel
            < CHATHISTORY BEFORE #ops * 5
            > :s FAIL CHATHISTORY INVALID_MSGREFTYPE BEFORE :* is neither a time nor an id
            < CHATHISTORY BEFORE #ops timestamp=yesterday 5
            > :s FAIL CHATHISTORY INVALID_PARAMS BEFORE :timestamp=yesterday is neither a time nor an id
            < CHATHISTORY TARGETS msgid=a msgid=b 5
            > :s FAIL CHATHISTORY INVALID_PARAMS TARGETS :Expected two times
            """)
    }
}
