"""Does sculpting work: are masks exact, and do detectors trained on sculpted defects find real ones?"""
