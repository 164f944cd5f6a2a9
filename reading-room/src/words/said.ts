/**
 * What the server says in English sentences, in Dutch where it is known. A sentence that is not
 * here is shown as the server said it.
 */
import type { Language } from './language'

const DUTCH: Record<string, string> = {
  received: 'ontvangen',
  'in progress': 'in behandeling',
  preliminary: 'voorlopig',
  final: 'definitief',
  cancelled: 'vervallen',
  'Your role does not report; a radiologist or resident can.':
    'Uw rol verslaat niet; een radioloog of arts in opleiding kan dat wel.',
  'No agreement lets your hospital read this study.':
    'Geen overeenkomst laat uw ziekenhuis dit onderzoek beoordelen.',
  'Something holds this study back; see the reasons beside it.':
    'Iets houdt dit onderzoek tegen; zie de redenen ernaast.',
  'The images are not here yet.': 'De beelden zijn er nog niet.',
  'This study has been read.': 'Dit onderzoek is beoordeeld.',
  'A resident has signed; a radiologist must sign the final report.':
    'Een arts in opleiding heeft ondertekend; een radioloog moet het verslag definitief maken.',
  'Your role does not open images or reports.': 'Uw rol opent geen beelden of verslagen.',
  'A radiologist, resident or PACS administrator of your hospital can.':
    'Een radioloog, arts in opleiding of PACS-beheerder van uw ziekenhuis kan dat wel.',
  'Your role does not open studies of other hospitals.':
    'Uw rol opent geen onderzoeken van andere ziekenhuizen.',
  'A radiologist or resident with a task can.':
    'Een radioloog of arts in opleiding met een taak kan dat wel.',
  'This person does not permit sharing of her file at this hospital.':
    'Deze persoon staat delen van haar dossier in dit ziekenhuis niet toe.',
  'Only she can change that, at the desk of that hospital.':
    'Alleen zij kan dat veranderen, aan de balie van dat ziekenhuis.',
  "Only her own hospital can read it.": 'Alleen haar eigen ziekenhuis kan het beoordelen.',
  "No agreement lets your hospital see this hospital's studies.":
    'Geen overeenkomst laat uw ziekenhuis onderzoeken van dit ziekenhuis zien.',
  'The two hospitals can conclude one.': 'De twee ziekenhuizen kunnen er een sluiten.',
  "Of this person's file at this hospital nothing is known about sharing.":
    'Van het dossier van deze persoon in dit ziekenhuis is niets bekend over delen.',
  'Ask at the desk of that hospital to record her answer.':
    'Vraag de balie van dat ziekenhuis om haar antwoord vast te leggen.',
  'Ask at the desk, and record the answer in the consent register.':
    'Vraag het aan de balie en leg het antwoord vast in het toestemmingsregister.',
  "The hospital's RIS can send the order; it is matched by accession number or study UID.":
    'Het RIS van het ziekenhuis kan de aanvraag sturen; die wordt gekoppeld op onderzoeksnummer of Study UID.',
  'They come when the scan is done.': 'Die komen als de opname klaar is.',
  'Wait until the study has come to rest.': 'Wacht tot het onderzoek compleet is.',
  'The hospitals can conclude one; see `crossread agreement`.':
    'De ziekenhuizen kunnen er een sluiten; zie `crossread agreement`.',
  'The hospital must correct one of them before anybody reads this.':
    'Het ziekenhuis moet een van beide verbeteren voordat iemand dit beoordeelt.',
  'This agreement allows only a pseudonymised form, and that cannot be shown yet.':
    'Deze overeenkomst staat alleen een gepseudonimiseerde vorm toe, en die kan nog niet worden getoond.',
  'An agreement for identified reading would allow it.':
    'Een overeenkomst voor beoordeling op naam zou het toestaan.',
  'You have no task that this study belongs to.': 'U heeft geen taak waar dit onderzoek bij hoort.',
  'Claim a task of this person, or ask its hospital to offer one.':
    'Neem een taak van deze persoon aan, of vraag het ziekenhuis er een aan te bieden.',
  'Your hold on this study has ended, so this was not saved as its report. What you wrote is kept; claim the study again to go on with it.':
    'Uw claim op dit onderzoek is verlopen; dit is niet als verslag bewaard. Uw tekst is bewaard: claim het onderzoek opnieuw om verder te gaan.',
  'There are no findings and no impression yet; write at least one of them.':
    'Er zijn nog geen bevindingen en geen conclusie; schrijf er ten minste één.',
  'A resident signs preliminary; a radiologist makes it final.':
    'Een arts in opleiding tekent voorlopig; een radioloog maakt het definitief.',
  'Name or password is wrong.': 'Naam of wachtwoord klopt niet.',
  'This task does not exist.': 'Deze taak bestaat niet.',
}

const PATTERNS: readonly [RegExp, string][] = [
  [/^(.+) is reading this study\. Choose another, or ask for a hand-over\.$/, '$1 beoordeelt dit onderzoek. Kies een ander, of vraag om overdracht.'],
  [/^final v(\d+)$/, 'definitief v$1'],
  [/^preliminary v(\d+)$/, 'voorlopig v$1'],
  [/^(.+) at .+ does not answer now\.$/, '$1 antwoordt nu niet.'],
  [/^(.+) is reading this study\.$/, '$1 beoordeelt dit onderzoek.'],
]

export function said(sentence: string, language: Language): string {
  if (language === 'en') return sentence
  const known = DUTCH[sentence]
  if (known !== undefined) return known
  for (const [pattern, dutch] of PATTERNS) {
    if (pattern.test(sentence)) return sentence.replace(pattern, dutch)
  }
  return sentence
}
