"""Tells people when a run or a study has ended or goes wrong.

settings     which channels are used, for what, and the quiet hours
events       what has happened since the last look
messages     what the user's own code sends about a run
thresholds   the rules for a metric at an epoch
channels/    one file per channel: e-mail, webhook, Slack, Teams
problems     why a message could not be sent, in plain English
watcher      looks every few seconds, and sends

    <runs>/_notifications/settings.json    what the owner has set; readable by the owner alone
    <runs>/_notifications/state.json       runs and studies under way, and what waits to be sent; the watcher's memory
    <runs>/_notifications/log.jsonl        the latest events, for browsers
    <runs>/_notifications/messages/        what the user's own code sends, a file each until the watcher has fetched it
    <runs>/_notifications/.watcher.lock    held by the process that watches
"""
