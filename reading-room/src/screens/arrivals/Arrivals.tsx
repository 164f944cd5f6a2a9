import type { StudyArrival } from '../../api/types'
import { StateMark } from '../../design/marks'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { shared } from '../../words/shared'
import { moment } from '../../words/time'
import { Urgent } from '../worklist/cells'
import { useArrivals } from './queries'
import { Sheet } from '../../shell/Sheet'
import { en } from './words.en'
import { nl } from './words.nl'

const MARKS = { arriving: 'claimed', unmatched: 'incomplete', matched: 'delivered', held: 'incomplete' } as const

/** What comes in, what is missing, and what was put aside: for the PACS administrator. */
export function Arrivals() {
  const words = useWords({ nl, en })
  const { loading } = useWords(shared)
  const { language } = useLanguage()
  const refused = useRefused()
  const { data, error } = useArrivals()
  if (data === undefined) {
    return <p className="opening quiet">{error === null ? loading : refused(error)}</p>
  }
  return (
    <div className="sheet">
      <Sheet
        title={words.studies}
        says={words.studiesSay}
        none={words.none}
        columns={[words.state, words.accession, words.description, words.modality, words.series, words.images, words.last]}
        rows={data.studies.map((one) => ({
          key: one.study_id,
          state: one.situation,
          cells: [
            <Situation key="s" situation={one.situation} />,
            one.accession_number,
            one.description,
            one.modalities.join(', '),
            one.series_count,
            one.instance_count,
            moment(one.last_received_at, language),
          ],
        }))}
        testId="arrival"
      />
      <Sheet
        title={words.orders}
        none={words.none}
        columns={[words.urgency, words.accession, words.description, words.received]}
        rows={data.orders.map((one) => ({
          key: one.order_id,
          cells: [
            <Urgent key="u" urgency={one.urgency} />,
            one.accession_number,
            one.procedure_text,
            moment(one.received_at, language),
          ],
        }))}
        testId="waiting-order"
      />
      <Sheet
        title={words.quarantine}
        says={words.quarantineSays}
        none={words.none}
        columns={[words.reason, words.sender, words.protocol, words.size, words.uid, words.received]}
        rows={data.quarantine.map((one) => ({
          key: one.id,
          state: one.reason,
          cells: [
            <span key="r" className="bad">
              {one.sentence}
            </span>,
            one.sender,
            one.protocol,
            `${Math.ceil(one.bytes / 1024)} kB`,
            <span key="i" className="uid">
              {one.uid}
            </span>,
            moment(one.received_at, language),
          ],
        }))}
        testId="quarantined"
      />
    </div>
  )
}

function Situation({ situation }: { situation: StudyArrival['situation'] }) {
  const words = useWords({ nl, en })
  return (
    <span className="stated">
      <StateMark state={MARKS[situation]} />
      {words.situation[situation]}
    </span>
  )
}
