import type { Texts } from './texts.ts';

export const de: Texts = {
  frame: {
    progress: 'Ihr Fortschritt',
    steps: ['Bank', 'Zustimmung', 'Anmeldung'],
    stepDone: 'erledigt',
    languages: 'Sprache',
    error: 'Fehler',
    secured: 'Gesichert mit Trellis',
    privacy: 'Datenschutz',
    myData: 'Ihre Daten',
  },
  actions: {
    cancel: 'Abbrechen und zurück',
    tryAgain: 'Noch einmal versuchen',
    otherBank: 'Andere Bank wählen',
    continueHere: 'Hier weitermachen',
    reload: 'Seite neu laden',
    backTo: (merchant) => `Zurück zu ${merchant}`,
  },
  chooseBank: {
    title: 'Ihre Bank wählen',
    lead: (merchant) => `Sie melden sich bei Ihrer Bank an. ${merchant} sieht Ihr Passwort nie.`,
    searchLabel: 'Ihre Bank suchen',
    searchPlaceholder: 'Name, IBAN oder BLZ',
    searchButton: 'Suchen',
    market: 'Land',
    anyMarket: 'Alle Länder',
    popular: 'Beliebte Banken',
    noBanks: 'Hier lässt sich noch keine Bank verbinden',
    noBanksHelp:
      'Das liegt nicht an Ihnen. Bitte gehen Sie zurück; vielleicht gibt es dort einen anderen Weg.',
    remembered: (count) => (count === 1 ? 'Ihre Bank beim letzten Mal' : 'Ihre Banken beim letzten Mal'),
    results: (term) => `Ergebnisse für „${term}“`,
    count: (banks) => (banks === 1 ? '1 Bank gefunden' : `${banks} Banken gefunden`),
    hints: {
      members: 'Ihr Institut wählen Sie gleich',
      degraded: 'Zurzeit langsamer als sonst',
      down: 'Zurzeit nicht erreichbar',
      test: 'Zum Testen: keine echten Daten',
    },
    notListed: 'Nicht dabei? Die ersten 12 Zeichen Ihrer IBAN genügen, um Ihre Bank zu finden.',
    nothingFound: (term) => `Keine Bank gefunden für „${term}“`,
    nothingFoundHelp:
      'Prüfen Sie Schreibweise und Land, oder geben Sie die ersten 12 Zeichen Ihrer IBAN ein: Daran erkennen wir Ihre Bank.',
    notConnected: (bank) => `${bank} ist noch nicht dabei`,
    notConnectedHelp:
      'Wir kennen Ihre Bank, erreichen sie aber noch nicht. Haben Sie ein Konto bei einer anderen?',
    showAll: 'Alle Banken zeigen',
    more: 'Es gibt weitere Treffer. Tippen Sie noch etwas mehr, um die Liste zu kürzen.',
    membersTitle: (group) => `${group}: welches Institut?`,
    membersLead: 'Wählen Sie das Institut, das Ihr Konto führt.',
    allBanks: 'Alle Banken',
  },
  consent: {
    titleOnce: (merchant) => `Einmalig mit ${merchant} teilen?`,
    titleUntil: (merchant, date) => `Bis zum ${date} mit ${merchant} teilen?`,
    lead: (bank) => `Von Ihren Konten bei ${bank}:`,
    renews: (bank, until) =>
      until === null
        ? `Damit erneuern Sie Ihre Verbindung mit ${bank}, die beendet ist.`
        : `Damit erneuern Sie Ihre Verbindung mit ${bank}, die bis ${until} gilt. Sie endet, sobald die neue da ist. Brechen Sie ab, bleibt sie, wie sie ist.`,
    items: {
      identity: { name: 'Ihr Name', detail: 'und Ihr Geburtsdatum, falls Ihre Bank es nennt' },
      accounts: { name: 'Kontonummern', detail: 'IBAN, Name und Art jedes Kontos' },
      balances: { name: 'Kontostände', detail: 'wie viel auf jedem Konto ist' },
      transactions: { name: 'Umsätze', detail: (since) => `Ein- und Ausgänge seit dem ${since}` },
    },
    noteOnce: 'Nur ein Blick: Der Zugriff endet gleich danach.',
    noteUntil: (merchant, date) =>
      `${merchant} darf bis zum ${date} erneut nachsehen. Sie können das jederzeit beenden.`,
    noteSafe: 'Niemand kann so Geld bewegen, und niemand behält Ihre Zugangsdaten.',
    agree: 'Zustimmen und weiter',
    decline: 'Nein, abbrechen',
    next: (bank) => `Danach melden Sie sich mit Ihrem Zugang zu ${bank} an.`,
    licensed: (provider, merchant) =>
      `${provider}, ein zugelassener Kontoinformationsdienst, ruft diese Daten für ${merchant} ab.`,
    trial: (provider, merchant) =>
      `${provider} ruft diese Daten für ${merchant} ab. Dies ist eine Testbank: Die Daten sind erfunden.`,
    degraded: (bank) => `${bank} ist zurzeit langsamer als sonst oder antwortet manchmal nicht.`,
    down: (bank) => `${bank} ist zurzeit nicht erreichbar.`,
    tryAnyway:
      'Sie können es trotzdem versuchen. Haben Sie ein Konto bei einer anderen Bank? Damit geht es vielleicht schneller.',
    details: 'Was genau, und Ihre Rechte',
    terms: {
      whoAsks: 'Wer fragt',
      whoReads: 'Wer die Daten abruft',
      whoReadsAnswer: (provider, registration) =>
        registration === null
          ? `${provider}, ein zugelassener Kontoinformationsdienst.`
          : `${provider}, ein zugelassener Kontoinformationsdienst (${registration}).`,
      whoReadsTrial: (provider) => `${provider}. Es sind die erfundenen Daten einer Testbank.`,
      from: 'Woher',
      fromAnswer: (bank) => `${bank}: die Konten, die Sie dort auswählen, oder alle, die Sie dort haben.`,
      purpose: 'Wofür',
      purposeUnknown: (merchant) => `Für das, was Sie gerade bei ${merchant} begonnen haben.`,
      howOften: 'Wie oft',
      howOftenOnce: 'Einmal, gleich nach Ihrer Anmeldung.',
      howOftenUntil: (date) => `Bis zum ${date}; ohne Ihr Beisein höchstens viermal am Tag.`,
      never: 'Was niemand bekommt',
      neverAnswer: 'Das Recht, Geld zu bewegen. Und niemand behält Ihr Passwort.',
      stop: 'Wie Sie es beenden',
      stopOnce: 'Es endet von selbst nach diesem einen Blick.',
      stopUntil: ({ bank, merchant }) =>
        `Ein Wort an ${merchant} oder an ${bank} genügt: Beide können es sofort beenden.`,
      rights: 'Ihre Rechte',
      rightsAnswer: (merchant) =>
        `Sie können ${merchant} jederzeit fragen, was dort über Sie gespeichert ist, und es berichtigen oder löschen lassen.`,
    },
    otherBank: 'Andere Bank',
  },
  handOver: {
    bankTitle: (bank) => `Weiter zu ${bank}`,
    bankBody:
      'Sie melden sich auf der Seite Ihrer Bank an. Falls nichts geschieht, nutzen Sie die Schaltfläche.',
    bankLink: 'Weiter zur Bank',
    merchantTitle: (merchant) => `Zurück zu ${merchant}`,
    merchantBody: 'Einen Moment. Falls nichts geschieht, nutzen Sie die Schaltfläche.',
  },
  waiting: {
    contactingTitle: (bank) => `Verbindung zu ${bank}`,
    contactingBody: 'Das dauert meist nur wenige Sekunden.',
    finishingTitle: 'Fast fertig',
    finishingBody: ({ bank, merchant }) => `${bank} hat zugestimmt. Wir bringen Sie zurück zu ${merchant}.`,
    goesOnByItself: 'Die Seite geht von selbst weiter.',
    checkNow: 'Jetzt nachsehen',
  },
  form: {
    purposes: {
      accounts: {
        title: (bank) => `Welche Konten bei ${bank}?`,
        lead: (bank) =>
          `${bank} zeigt nur Konten, die Sie hier nennen. Bestätigen werden Sie im nächsten Schritt.`,
        submit: 'Weiter',
      },
      'bank-details': {
        title: (bank) => `Wer sind Sie bei ${bank}?`,
        lead: () => 'Daran erkennt Ihre Bank Sie. Bestätigen werden Sie im nächsten Schritt.',
        submit: 'Weiter',
      },
      credentials: {
        title: (bank) => `Bei ${bank} anmelden`,
        lead: () => 'Mit denselben Zugangsdaten wie im Online-Banking.',
        submit: 'Anmelden',
      },
      'choose-method': {
        title: () => 'Wie möchten Sie bestätigen?',
        lead: (bank) => `${bank} bietet Ihnen diese Verfahren an.`,
        submit: 'Weiter',
      },
      'second-factor': {
        title: () => 'Mit Ihrem Code bestätigen',
        lead: (bank) => `${bank} möchte sicher sein, dass Sie es sind.`,
        submit: 'Bestätigen',
      },
    },
    labels: {
      'user-name': 'Anmeldename',
      'customer-number': 'Kundennummer',
      'account-number': 'Kontonummer oder IBAN',
      iban: 'IBAN',
      'further-iban': 'IBAN eines weiteren Kontos',
      password: 'Passwort',
      'additional-password': 'Zweites Passwort',
      pin: 'PIN',
      'corporate-id': 'Firmenkennung',
      'login-kind': 'Art des Zugangs',
      method: 'Verfahren zum Bestätigen',
      code: 'Code (TAN)',
    },
    optional: 'falls vorhanden',
    furtherAccounts: 'Mehr als ein Konto?',
    faults: {
      empty: () => 'Bitte füllen Sie dieses Feld aus.',
      'not-digits': () => 'Bitte geben Sie nur Ziffern ein.',
      'not-text': () =>
        'Darin ist ein Zeichen, das sich nicht übertragen lässt. Bitte geben Sie es noch einmal ein.',
      'too-long': (maxLength) => `Das ist zu lang: Ihre Bank nimmt höchstens ${maxLength} Zeichen an.`,
      'not-chosen': () => 'Bitte wählen Sie eines aus.',
    },
    rejected: {
      accounts: (bank) => `Das ist keine IBAN eines Kontos bei ${bank}. Bitte prüfen Sie sie.`,
      'bank-details': (bank) => `${bank} kennt diese Angabe nicht. Bitte prüfen Sie sie.`,
      credentials: (bank) => `${bank} hat diese Zugangsdaten nicht angenommen. Bitte prüfen Sie sie.`,
      'choose-method': (bank) =>
        `${bank} hat dieses Verfahren nicht angenommen. Bitte wählen Sie ein anderes.`,
      'second-factor': (bank) => `${bank} hat diesen Code nicht angenommen.`,
    },
    passwordGoes: ({ bank, merchant, operator }) =>
      `Ihr Passwort geht über Trellis, betrieben von ${operator}, für diese eine Anmeldung an ${bank}. Es wird nicht gespeichert, und ${merchant} sieht es nicht.`,
    bankSays: (bank) => `${bank} sagt:`,
    scan: 'Scannen Sie dieses Bild mit der App oder dem Gerät Ihrer Bank. Dort erscheint dann Ihr Code.',
    picture: (bank) => `Bild von ${bank} zum Scannen mit deren App oder Gerät`,
    data: 'Geben Sie dies in das Gerät Ihrer Bank ein, oder vergleichen Sie es dort:',
    noCode: 'Kein Code, oder lieber ein anderes Verfahren?',
  },
  approve: {
    title: 'Geben Sie es in der App Ihrer Bank frei',
    lead: (bank) => `Öffnen Sie auf Ihrem Telefon die App von ${bank}, und geben Sie den Zugriff dort frei.`,
    bankSays: (bank) => `${bank} sagt:`,
    compare: 'Vergleichen Sie diesen Code mit dem in der App:',
    waits: ({ bank, duration }) => `${bank} wartet noch ${duration}.`,
    nothingCame: 'In der App erscheint nichts?',
    again: 'Neu beginnen',
  },
  release: {
    boundTitle: 'Ihre Anmeldung kam in einem anderen Browser zurück',
    boundBody: (merchant) =>
      `Das geschieht, wenn die App einer Bank einen anderen Browser öffnet. Zu Ihrer Sicherheit wurde mit ${merchant} noch nichts geteilt.`,
    showCode: (bank) =>
      `Geben Sie diesen Code in dem Fenster ein, das sich nach Ihrer Anmeldung bei ${bank} geöffnet hat:`,
    keepCode:
      'Der Code ist nur für Sie. Geben Sie ihn selbst ein, und schicken oder sagen Sie ihn niemandem. Sonst braucht ihn niemand.',
    lostIt: 'Sie finden das Fenster nicht, oder Sie haben sich gar nicht angemeldet?',
    againAtBank: 'Bei der Bank noch einmal versuchen',
    newTitle: 'Geben Sie den Code aus Ihrem ersten Fenster ein',
    newBody: ({ bank, merchant }) =>
      `${bank} hat einen anderen Browser geöffnet als den, in dem Sie begonnen haben. Damit Ihre Daten niemand anderen erreichen, wurde mit ${merchant} noch nichts geteilt. Ihr erstes Fenster zeigt einen Code.`,
    warning: 'Geben Sie nie einen Code ein, den Ihnen jemand geschickt oder vorgelesen hat.',
    warningWhy: ({ bank, merchant }) =>
      `Wenn Sie das bei ${merchant} nicht selbst begonnen haben, bekäme jemand anderes Ihre Daten von ${bank}.`,
    submitCode: 'Mit dem Code bestätigen',
    notMe: 'Das war ich nicht',
    notMeDoes: ({ bank }) => `Dann beenden wir den Zugriff bei ${bank} sofort.`,
    codeLabel: 'Code aus Ihrem ersten Fenster',
    codeHint: 'Sechs Ziffern',
    codeWrong: 'Das ist nicht der Code.',
    codeMalformed: 'Bitte geben Sie alle sechs Ziffern des Codes ein.',
    triesLeft: (tries) => (tries === 1 ? 'Noch ein Versuch.' : `Noch ${tries} Versuche.`),
    waits: (duration) => `Ihre Anmeldung wartet noch ${duration}.`,
  },
  returned: {
    released: {
      title: 'Hier ist alles erledigt',
      body: ({ merchant }) =>
        `Gehen Sie zurück zu Ihrem ersten Fenster: Von dort kommen Sie zu ${merchant}. Dieses können Sie schließen.`,
      more: () => null,
    },
    ended: {
      title: 'Diese Anmeldung wurde beendet',
      body: ({ bank, merchant }) =>
        `Mit ${merchant} wurde nichts geteilt, und wir teilen ${bank} mit, dass der Zugriff endet.`,
      more: ({ bank }) =>
        `Hat Sie jemand hierher geschickt oder nach einem Code gefragt? Dann antworten Sie nicht, und sagen Sie es ${bank}. Sonst können Sie dieses Fenster schließen.`,
    },
    'wrong-codes': {
      title: 'Zu viele falsche Codes',
      body: ({ bank, merchant }) =>
        `Zu Ihrer Sicherheit wurde diese Anmeldung beendet. Mit ${merchant} wurde nichts geteilt, und wir teilen ${bank} mit, dass der Zugriff endet.`,
      more: () =>
        'Gehen Sie zurück zu Ihrem ersten Fenster: Dort können Sie es noch einmal versuchen. Der Code, den es gezeigt hat, gilt nicht mehr.',
    },
    'too-late': {
      title: 'Das hat zu lange gedauert',
      body: ({ bank, merchant }) =>
        `Zu Ihrer Sicherheit wartet eine Anmeldung nur wenige Minuten. Mit ${merchant} wurde nichts geteilt, und wir teilen ${bank} mit, dass der Zugriff endet.`,
      more: () => 'Gehen Sie zurück zu Ihrem ersten Fenster, um zu sehen, wie es weitergeht.',
    },
    elsewhere: {
      title: 'Bitte gehen Sie zurück zu Ihrem ersten Fenster',
      body: ({ bank }) =>
        `Was nun folgt, steht in dem Browser, aus dem Sie zu ${bank} gegangen sind. Dieses Fenster können Sie schließen.`,
      more: () => null,
    },
  },
  moved: {
    title: 'Es geht in einem anderen Browser weiter',
    body: 'Sie haben denselben Link in einem anderen Browser oder auf einem anderen Gerät geöffnet, und dort geht es weiter. Diese Seite können Sie schließen.',
  },
  linkUsed: {
    title: 'Dieser Link gilt nicht mehr',
    body: 'Er wurde in einem anderen Browser verwendet, oder seine Zeit ist abgelaufen. Gehen Sie zurück zu dem Fenster, der Seite oder der App, von der Sie kamen.',
  },
  failed: {
    'bank-down': {
      title: (bank) => `${bank} antwortet nicht`,
      body: () => 'Das liegt nicht an Ihnen: Die Bank ist im Moment nicht erreichbar.',
      shared: (merchant) => `Mit ${merchant} wurde nichts geteilt.`,
      now: () =>
        'Die meisten Störungen sind nach einer halben Stunde vorbei. Versuchen Sie es später noch einmal, oder wählen Sie eine andere Bank.',
    },
    'bank-refused': {
      title: (bank) => `${bank} hat abgelehnt`,
      body: () => 'Die Bank hat diese Verbindung nicht zugelassen. Sie haben nichts falsch gemacht.',
      shared: (merchant) => `Mit ${merchant} wurde nichts geteilt.`,
      now: () =>
        'Oft ist das Konto nicht für Online-Banking eingerichtet oder gesperrt. Ihre Bank kann es Ihnen sagen. Mit einer anderen Bank klappt es vielleicht sofort.',
    },
    'cancelled-at-bank': {
      title: (bank) => `Sie haben bei ${bank} abgebrochen`,
      body: () => 'Das ist völlig in Ordnung.',
      shared: (merchant) => `Mit ${merchant} wurde nichts geteilt.`,
      now: () => 'War es ein Versehen? Dann versuchen Sie es noch einmal. Oder wählen Sie eine andere Bank.',
    },
    'timed-out': {
      title: () => 'Das hat zu lange gedauert',
      body: () => 'Zu Ihrer Sicherheit wartet eine Anmeldung nur wenige Minuten.',
      shared: (merchant) => `Mit ${merchant} wurde nichts geteilt.`,
      now: () => 'Legen Sie Zugangsdaten und Telefon bereit, und versuchen Sie es noch einmal.',
    },
    interrupted: {
      title: () => 'Die Verbindung ist abgerissen',
      body: ({ bank }) => `Das geschah auf dem Weg zu ${bank} oder zurück und liegt nicht an Ihnen.`,
      shared: (merchant) => `Mit ${merchant} wurde nichts geteilt.`,
      now: () => 'Bitte versuchen Sie es noch einmal. Ihre Bank wird Sie erneut um die Anmeldung bitten.',
    },
    'wrong-codes': {
      title: () => 'Zu viele falsche Codes',
      body: ({ bank }) =>
        `Im anderen Browser wurde fünfmal ein falscher Code eingegeben. Zu Ihrer Sicherheit wurde diese Anmeldung beendet, und wir teilen es ${bank} mit.`,
      shared: (merchant) => `Mit ${merchant} wurde nichts geteilt.`,
      now: () =>
        'Der Code, den Sie hier gesehen haben, gilt nicht mehr. Sie können es noch einmal versuchen: Ihre Bank bittet Sie dann erneut um die Anmeldung.',
    },
    'not-let-in': {
      title: (bank) => `${bank} hat Sie nicht angemeldet`,
      body: () =>
        'Die Eingaben wurden nicht angenommen. Nach einigen falschen Versuchen beenden Banken eine Anmeldung, um Ihr Konto zu schützen.',
      shared: (merchant) => `Mit ${merchant} wurde nichts geteilt.`,
      now: ({ bank }) =>
        `Prüfen Sie, ob Sie sich bei ${bank} selbst noch anmelden können; vielleicht ist der Zugang für eine Weile gesperrt. Versuchen Sie es dann noch einmal, oder wählen Sie eine andere Bank.`,
    },
    'no-accounts': {
      title: (bank) => `Kein Konto bei ${bank}`,
      body: () =>
        'Die Anmeldung hat geklappt, aber die Bank zeigt kein Konto, das sich verbinden lässt. Das ist kein Fehler von Ihnen.',
      shared: (merchant) => `Mit ${merchant} wurde nichts geteilt.`,
      now: () =>
        'Vielleicht gehört Ihr Konto zu einem anderen Zugang, oder es war bei der Bank anzukreuzen. Versuchen Sie es noch einmal, oder wählen Sie eine andere Bank.',
    },
    internal: {
      title: () => 'Hier ist etwas schiefgegangen',
      body: ({ bank }) => `Das ist unser Fehler, weder Ihrer noch der von ${bank}.`,
      shared: (merchant) => `Mit ${merchant} wurde nichts geteilt.`,
      now: () => 'Bitte versuchen Sie es gleich noch einmal.',
    },
  },
  ended: {
    pending: {
      title: (merchant) => `Sie können zurück zu ${merchant}`,
      body: () =>
        'Ihr Teil ist getan. Die Antwort Ihrer Bank wird gerade abgerufen; das dauert meist nur wenige Sekunden.',
    },
    done: {
      title: () => 'Alles erledigt',
      body: (merchant) =>
        `${merchant} hat erhalten, wozu Sie zugestimmt haben, und sonst nichts. Diese Seite können Sie schließen.`,
    },
    failed: {
      title: () => 'Diesmal hat es nicht geklappt',
      body: (merchant) =>
        `Das liegt nicht an Ihnen, und mit ${merchant} wurde nichts geteilt. Sie können dort neu beginnen.`,
    },
    cancelled: {
      title: () => 'Abgebrochen',
      body: (merchant) =>
        `Mit ${merchant} wurde nichts geteilt. Wenn Sie es sich anders überlegen, beginnen Sie dort neu.`,
    },
    expired: {
      title: () => 'Dieser Link ist abgelaufen',
      body: (merchant) =>
        `Zu Ihrer Sicherheit gilt er nur kurze Zeit. Mit ${merchant} wurde nichts geteilt. Sie können dort neu beginnen.`,
    },
  },
  strayReturn: {
    title: 'Der Rückweg von Ihrer Bank hat nicht gepasst',
    body: 'Es wurde nichts angenommen und nichts geteilt. Sie machen dort weiter, wo Sie waren.',
  },
  unknownLink: {
    title: 'Dieser Link funktioniert nicht',
    body: 'Er ist unvollständig, oder seine Zeit ist abgelaufen. Gehen Sie zurück zu der Seite oder App, von der Sie kamen, und beginnen Sie dort neu.',
  },
  fault: {
    unexpected: {
      title: 'Hier ist etwas schiefgegangen',
      body: 'Das ist unser Fehler, nicht Ihrer. Bitte laden Sie die Seite gleich noch einmal; es geht dort weiter, wo Sie waren.',
    },
    forbidden: {
      title: 'Bitte laden Sie die Seite neu',
      body: 'Wir konnten nicht sicher sein, dass dieser Klick von Ihnen kam. Vielleicht war die Seite lange offen, oder Ihr Browser blockiert Cookies: Diese Seite braucht eines. Es wurde nichts verändert.',
    },
    tooMany: {
      title: 'Einen Moment, bitte',
      body: (wait) =>
        `Von Ihrem Anschluss kamen sehr viele Anfragen. Bitte versuchen Sie es in ${wait} noch einmal. Es geht nichts verloren.`,
    },
    reference: (requestId) => `Wenn Sie um Hilfe bitten, nennen Sie diese Nummer: ${requestId}`,
  },
};
