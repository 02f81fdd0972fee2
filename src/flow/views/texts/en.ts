import type { Texts } from './texts.ts';

export const en: Texts = {
  frame: {
    progress: 'Your progress',
    steps: ['Bank', 'Consent', 'Login'],
    stepDone: 'done',
    languages: 'Language',
    error: 'Error',
    secured: 'Secured by Trellis',
    privacy: 'Privacy',
    myData: 'Your data',
  },
  actions: {
    cancel: 'Cancel and go back',
    tryAgain: 'Try again',
    otherBank: 'Choose another bank',
    continueHere: 'Continue here',
    reload: 'Load the page again',
    backTo: (merchant) => `Back to ${merchant}`,
  },
  chooseBank: {
    title: 'Choose your bank',
    lead: (merchant) => `You log in with your bank. ${merchant} never sees your password.`,
    searchLabel: 'Search for your bank',
    searchPlaceholder: 'Name, IBAN or bank code',
    searchButton: 'Search',
    market: 'Country',
    anyMarket: 'All countries',
    popular: 'Popular banks',
    noBanks: 'No bank can be connected here yet',
    noBanksHelp: 'That is no fault of yours. Please go back; perhaps there is another way.',
    remembered: (count) => (count === 1 ? 'Your bank last time' : 'Your banks last time'),
    results: (term) => `Results for “${term}”`,
    count: (banks) => (banks === 1 ? '1 bank found' : `${banks} banks found`),
    hints: {
      members: 'Choose your branch next',
      degraded: 'Slower than usual at the moment',
      down: 'Not answering at the moment',
      test: 'For trying out: no real data',
    },
    notListed: 'Not in the list? The first 12 characters of your IBAN are enough to find your bank.',
    nothingFound: (term) => `No bank found for “${term}”`,
    nothingFoundHelp:
      'Check the spelling or the country, or type the first 12 characters of your IBAN: they tell us your bank.',
    notConnected: (bank) => `${bank} cannot be connected yet`,
    notConnectedHelp: 'We know your bank, but cannot reach it so far. Do you have an account at another one?',
    showAll: 'Show all banks',
    more: 'More banks match. Type a little more to shorten the list.',
    membersTitle: (group) => `Which ${group}?`,
    membersLead: 'Choose the branch that keeps your account.',
    allBanks: 'All banks',
  },
  consent: {
    titleOnce: (merchant) => `Share this with ${merchant}, once?`,
    titleUntil: (merchant, date) => `Share this with ${merchant} until ${date}?`,
    lead: (bank) => `From your accounts at ${bank}:`,
    renews: (bank, until) =>
      until === null
        ? `This renews your connection with ${bank}, which has ended.`
        : `This renews your connection with ${bank}, which lasts until ${until}. It ends once the new one is there. If you cancel, it stays as it is.`,
    items: {
      identity: { name: 'Your name', detail: 'and date of birth, if your bank tells it' },
      accounts: { name: 'Account numbers', detail: 'IBAN, name and kind of each account' },
      balances: { name: 'Balances', detail: 'how much is in each account' },
      transactions: { name: 'Transactions', detail: (since) => `money in and out since ${since}` },
    },
    noteOnce: 'One look only: access ends right after.',
    noteUntil: (merchant, date) => `${merchant} may look again until ${date}. You can end this at any time.`,
    noteSafe: 'Nobody can move money this way, and nobody keeps your login.',
    agree: 'Agree and continue',
    decline: 'No, cancel',
    next: (bank) => `Next, you log in with ${bank}.`,
    licensed: (provider, merchant) =>
      `${provider}, a licensed account information service, reads these data for ${merchant}.`,
    trial: (provider, merchant) =>
      `${provider} reads these data for ${merchant}. This is a test bank: the data are made up.`,
    degraded: (bank) => `${bank} is slower than usual at the moment, or fails now and then.`,
    down: (bank) => `${bank} is not answering at the moment.`,
    tryAnyway: 'You may try all the same. Do you have an account at another bank? That may be quicker.',
    details: 'What exactly, and your rights',
    terms: {
      whoAsks: 'Who asks',
      whoReads: 'Who reads the data',
      whoReadsAnswer: (provider, registration) =>
        registration === null
          ? `${provider}, a licensed account information service.`
          : `${provider}, a licensed account information service (${registration}).`,
      whoReadsTrial: (provider) => `${provider}. These are the made-up data of a test bank.`,
      from: 'From where',
      fromAnswer: (bank) => `${bank}: the accounts that you choose there, or all that you hold there.`,
      purpose: 'What for',
      purposeUnknown: (merchant) => `What you have just started at ${merchant}.`,
      howOften: 'How often',
      howOftenOnce: 'Once, right after you have logged in.',
      howOftenUntil: (date) => `Until ${date}; at most four times a day while you are not there.`,
      never: 'What nobody gets',
      neverAnswer: 'The right to move money. And nobody keeps your password.',
      stop: 'How to end it',
      stopOnce: 'It ends by itself after that one look.',
      stopUntil: ({ bank, merchant }) => `Tell ${merchant} or ${bank}: either can end it at once.`,
      rights: 'Your rights',
      rightsAnswer: (merchant) =>
        `You may ask ${merchant} at any time what it holds about you, and have it corrected or erased.`,
    },
    otherBank: 'Another bank',
  },
  handOver: {
    bankTitle: (bank) => `On to ${bank}`,
    bankBody: 'You log in on your bank’s own page. If nothing happens, use the button.',
    bankLink: 'Continue to the bank',
    merchantTitle: (merchant) => `Back to ${merchant}`,
    merchantBody: 'One moment. If nothing happens, use the button.',
  },
  waiting: {
    contactingTitle: (bank) => `Contacting ${bank}`,
    contactingBody: 'This usually takes a few seconds.',
    finishingTitle: 'Almost done',
    finishingBody: ({ bank, merchant }) => `${bank} has agreed. We are passing you back to ${merchant}.`,
    goesOnByItself: 'This page continues by itself.',
    checkNow: 'Check now',
  },
  form: {
    purposes: {
      accounts: {
        title: (bank) => `Which accounts at ${bank}?`,
        lead: (bank) => `${bank} shows only accounts that you name here. You confirm in the next step.`,
        submit: 'Continue',
      },
      'bank-details': {
        title: (bank) => `Who are you at ${bank}?`,
        lead: () => 'Your bank finds you by this. You confirm in the next step.',
        submit: 'Continue',
      },
      credentials: {
        title: (bank) => `Log in to ${bank}`,
        lead: () => 'With the same login as for your online banking.',
        submit: 'Log in',
      },
      'choose-method': {
        title: () => 'How would you like to confirm?',
        lead: (bank) => `${bank} offers you these ways.`,
        submit: 'Continue',
      },
      'second-factor': {
        title: () => 'Confirm with your code',
        lead: (bank) => `${bank} wants to be sure that it is you.`,
        submit: 'Confirm',
      },
    },
    labels: {
      'user-name': 'User name',
      'customer-number': 'Customer number',
      'account-number': 'Account number or IBAN',
      iban: 'IBAN',
      'further-iban': 'IBAN of another account',
      password: 'Password',
      'additional-password': 'Second password',
      pin: 'PIN',
      'corporate-id': 'Company ID',
      'login-kind': 'Kind of login',
      method: 'Ways to confirm',
      code: 'Code',
    },
    optional: 'if you have one',
    furtherAccounts: 'More than one account?',
    faults: {
      empty: () => 'Please fill this in.',
      'not-digits': () => 'Please type digits only.',
      'not-text': () => 'There is a character in it that cannot be sent. Please type it again.',
      'too-long': (maxLength) => `That is too long: your bank takes ${maxLength} characters at most.`,
      'not-chosen': () => 'Please choose one.',
    },
    rejected: {
      accounts: (bank) => `This is no IBAN of an account at ${bank}. Please check it.`,
      'bank-details': (bank) => `${bank} does not know this. Please check it.`,
      credentials: (bank) => `${bank} did not accept this login. Please check it.`,
      'choose-method': (bank) => `${bank} did not accept this way. Please choose another.`,
      'second-factor': (bank) => `${bank} did not accept this code.`,
    },
    passwordGoes: ({ bank, merchant, operator }) =>
      `Your password goes through Trellis, run by ${operator}, to ${bank} for this one login. It is not kept, and ${merchant} does not see it.`,
    bankSays: (bank) => `${bank} says:`,
    scan: 'Scan this picture with your bank’s app or device. It then shows your code.',
    picture: (bank) => `Picture of ${bank} to be scanned with its app or device`,
    data: 'Type this into your bank’s device, or compare it there:',
    noCode: 'No code, or would you like another way?',
  },
  approve: {
    title: 'Approve it in your bank’s app',
    lead: (bank) => `Open the app of ${bank} on your phone and approve the access there.`,
    bankSays: (bank) => `${bank} says:`,
    compare: 'Compare this code with the one in the app:',
    waits: ({ bank, duration }) => `${bank} waits another ${duration}.`,
    nothingCame: 'Nothing in the app?',
    again: 'Start again',
  },
  release: {
    boundTitle: 'Your login came back in another browser',
    boundBody: (merchant) =>
      `That happens when a bank’s app opens a different browser. For your safety nothing has been shared with ${merchant} yet.`,
    showCode: (bank) => `Type this code in the window that opened when you were done at ${bank}:`,
    keepCode:
      'The code is for you alone. Type it yourself, and do not send it or read it out to anybody. Nobody else needs it.',
    lostIt: 'You cannot find that window, or it was not you who logged in?',
    againAtBank: 'Try again at the bank',
    newTitle: 'Type the code from your first window',
    newBody: ({ bank, merchant }) =>
      `${bank} has opened another browser than the one you began in. So that your data reach nobody else, nothing has been shared with ${merchant} yet. Your first window shows a code.`,
    warning: 'Never type a code that somebody sent or read out to you.',
    warningWhy: ({ bank, merchant }) =>
      `If you did not begin this at ${merchant} yourself, somebody else would get your data from ${bank}.`,
    submitCode: 'Confirm with the code',
    notMe: 'That was not me',
    notMeDoes: ({ bank }) => `We then end the access at ${bank} at once.`,
    codeLabel: 'Code from your first window',
    codeHint: 'Six digits',
    codeWrong: 'That is not the code.',
    codeMalformed: 'Please type all six digits of the code.',
    triesLeft: (tries) => (tries === 1 ? 'One try left.' : `${tries} tries left.`),
    waits: (duration) => `Your login waits another ${duration}.`,
  },
  returned: {
    released: {
      title: 'All done here',
      body: ({ merchant }) =>
        `Go back to your first window: from there you return to ${merchant}. You can close this one.`,
      more: () => null,
    },
    ended: {
      title: 'This login has been ended',
      body: ({ bank, merchant }) =>
        `Nothing was shared with ${merchant}, and we are telling ${bank} to end the access.`,
      more: ({ bank }) =>
        `Did somebody send you here, or ask you for a code? Then do not answer, and tell ${bank}. Otherwise you can close this window.`,
    },
    'wrong-codes': {
      title: 'Too many wrong codes',
      body: ({ bank, merchant }) =>
        `For your safety this login has been ended. Nothing was shared with ${merchant}, and we are telling ${bank} to end the access.`,
      more: () =>
        'Go back to your first window: there you can try again. The code that it showed is no longer good.',
    },
    'too-late': {
      title: 'That took too long',
      body: ({ bank, merchant }) =>
        `For your safety a login waits only a few minutes. Nothing was shared with ${merchant}, and we are telling ${bank} to end the access.`,
      more: () => 'Go back to your first window to see how it goes on.',
    },
    elsewhere: {
      title: 'Please go back to your first window',
      body: ({ bank }) =>
        `What comes next is in the browser that you left for ${bank} from. You can close this window.`,
      more: () => null,
    },
  },
  moved: {
    title: 'This continues in another browser',
    body: 'You have opened the same link in another browser or on another device, and it continues there. You can close this page.',
  },
  linkUsed: {
    title: 'This link is no longer good',
    body: 'It was used in another browser, or its time is over. Go back to the window, page or app that you came from.',
  },
  failed: {
    'bank-down': {
      title: (bank) => `${bank} is not answering`,
      body: () => 'That is not your fault: the bank cannot be reached at the moment.',
      shared: (merchant) => `Nothing was shared with ${merchant}.`,
      now: () => 'Most interruptions end within half an hour. Try again later, or choose another bank.',
    },
    'bank-refused': {
      title: (bank) => `${bank} said no`,
      body: () => 'The bank did not allow this connection. You have done nothing wrong.',
      shared: (merchant) => `Nothing was shared with ${merchant}.`,
      now: () =>
        'Often the account is not set up for online banking, or it is blocked. Your bank can tell you. Another bank may work at once.',
    },
    'cancelled-at-bank': {
      title: (bank) => `You stopped at ${bank}`,
      body: () => 'That is quite all right.',
      shared: (merchant) => `Nothing was shared with ${merchant}.`,
      now: () => 'If it was by mistake, try again. Or choose another bank.',
    },
    'timed-out': {
      title: () => 'That took too long',
      body: () => 'For your safety a login waits only a few minutes.',
      shared: (merchant) => `Nothing was shared with ${merchant}.`,
      now: () => 'Have your login and your phone at hand, and try again.',
    },
    interrupted: {
      title: () => 'The connection broke off',
      body: ({ bank }) => `It happened on the way to ${bank} or back. That is not your fault.`,
      shared: (merchant) => `Nothing was shared with ${merchant}.`,
      now: () => 'Please try again. Your bank will ask you to log in once more.',
    },
    'wrong-codes': {
      title: () => 'Too many wrong codes',
      body: ({ bank }) =>
        `In the other browser a wrong code was typed five times. For your safety that login has been ended, and we are telling ${bank}.`,
      shared: (merchant) => `Nothing was shared with ${merchant}.`,
      now: () =>
        'The code that you saw here is no longer good. You can try again: your bank will ask you to log in once more.',
    },
    'not-let-in': {
      title: (bank) => `${bank} did not let you in`,
      body: () =>
        'What was typed was not accepted. After a few wrong tries banks end a login, to protect your account.',
      shared: (merchant) => `Nothing was shared with ${merchant}.`,
      now: ({ bank }) =>
        `See whether you still get in at ${bank} itself; it may have blocked the login for a while. Then try again, or choose another bank.`,
    },
    'no-accounts': {
      title: (bank) => `No account at ${bank}`,
      body: () =>
        'The bank let you in, but shows no account that can be connected. That is not a mistake of yours.',
      shared: (merchant) => `Nothing was shared with ${merchant}.`,
      now: () =>
        'Perhaps your account belongs to another login, or the bank asked you to tick it. Try again, or choose another bank.',
    },
    internal: {
      title: () => 'Something went wrong here',
      body: ({ bank }) => `That is our mistake, neither yours nor that of ${bank}.`,
      shared: (merchant) => `Nothing was shared with ${merchant}.`,
      now: () => 'Please try again in a moment.',
    },
  },
  ended: {
    pending: {
      title: (merchant) => `You can go back to ${merchant}`,
      body: () =>
        'You have done your part. Your bank’s answer is being fetched; that usually takes a few seconds.',
    },
    done: {
      title: () => 'All done',
      body: (merchant) =>
        `${merchant} has received what you agreed to, and nothing else. You can close this page.`,
    },
    failed: {
      title: () => 'It did not work this time',
      body: (merchant) =>
        `That is not your fault, and nothing was shared with ${merchant}. You can start again from there.`,
    },
    cancelled: {
      title: () => 'Cancelled',
      body: (merchant) =>
        `Nothing was shared with ${merchant}. If you change your mind, start again from there.`,
    },
    expired: {
      title: () => 'This link has expired',
      body: (merchant) =>
        `For your safety it works for a short time only. Nothing was shared with ${merchant}. You can start again from there.`,
    },
  },
  strayReturn: {
    title: 'The way back from your bank did not fit',
    body: 'Nothing was accepted, and nothing was shared. You continue where you were.',
  },
  unknownLink: {
    title: 'This link does not work',
    body: 'It is incomplete, or its time is over. Go back to the page or app that you came from and start again there.',
  },
  fault: {
    unexpected: {
      title: 'Something went wrong here',
      body: 'That is our mistake, not yours. Please load the page again in a moment; you continue where you were.',
    },
    forbidden: {
      title: 'Please load this page again',
      body: 'We could not make sure that this click came from you. Perhaps the page was open for a long time, or your browser blocks cookies: this page needs one. Nothing was changed.',
    },
    tooMany: {
      title: 'One moment, please',
      body: (wait) =>
        `A great many requests came from your connection. Please try again in ${wait}. Nothing is lost.`,
    },
    reference: (requestId) => `If you ask for help, give this number: ${requestId}`,
  },
};
