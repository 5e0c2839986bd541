"""send_mails.py smtp|lmtp PORT RECIPIENT...: sends three mails with Python's smtplib and prints what it is told of each: {} or a code."""
import smtplib, sys

client = (smtplib.SMTP if sys.argv[1] == "smtp" else smtplib.LMTP)("127.0.0.1", int(sys.argv[2]))
for number in range(3):
    text = b"Number: %d\r\nSubject: x\r\n\r\nhello\r\n.\r\n..\r\nend\r\n" % number
    try: print(client.sendmail("a@example.org", sys.argv[3:], text))
    except smtplib.SMTPDataError as error: print(error.smtp_code)
client.quit()
