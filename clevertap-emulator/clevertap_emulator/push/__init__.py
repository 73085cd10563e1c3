"""Messages that CleverTap pushes: of webhook campaigns, and through Amazon EventBridge.

settings     what the flags of `push` set
happenings   the events that messages are about
profiles     a profile in the spellings of the official pages
bodies       the bodies of webhooks
envelopes    EventBridge's message around one
messages     a message by its number
request      the bytes of a request
connection   one HTTP connection, and what becomes of an attempt
schedule     when a message is sent, or sent again
sending      all of it: connections, attempts, an end
outcome      what became of a message: a line of the truth
command      the command line
"""
