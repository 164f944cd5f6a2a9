import type { Me } from '../../api/types'
import { useLanguage, useWords } from '../../words/language'
import { useRefused } from '../../words/refused'
import { shared } from '../../words/shared'
import { moment } from '../../words/time'
import { Bar } from './Bar'
import { DamagedImages } from './DamagedImages'
import { count, share, size } from './figures'
import { IntakePlot } from './IntakePlot'
import { useIntake, useScrub, useStorage } from './queries'
import type { Storage } from './types'
import { en } from './words.en'
import { nl } from './words.nl'

/** What is kept, what comes in, and whether it is whole. */
export function Overview({ me }: { me: Me }) {
  const words = useWords({ nl, en })
  const { loading } = useWords(shared)
  const refused = useRefused()
  const storage = useStorage()
  const intake = useIntake()
  const error = storage.error ?? intake.error
  return (
    <>
      {error !== null && (
        <p className="bad" role="alert">
          {refused(error)}
        </p>
      )}
      <section>
        <header>
          <h1>{words.kept}</h1>
        </header>
        {storage.data === undefined ? (
          <p className="empty">{loading}</p>
        ) : (
          storage.data.hospitals.map((one) => <Kept key={one.hospital_id} storage={one} />)
        )}
      </section>
      <section>
        <header>
          <h2>{words.intake}</h2>
          <span className="quiet">{words.intakeSays}</span>
        </header>
        {intake.data !== undefined && <IntakePlot rate={intake.data} />}
      </section>
      <Scrubbing />
      <DamagedImages me={me} />
    </>
  )
}

function Kept({ storage }: { storage: Storage }) {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const limit = storage.limit_bytes
  const tone =
    limit !== null && storage.bytes >= limit
      ? 'bad'
      : storage.warn_bytes !== null && storage.bytes >= storage.warn_bytes
        ? 'warn'
        : 'plain'
  return (
    <div className="kept" data-testid="storage">
      <div className="figures">
        <Figure value={count(storage.studies, language)} says={words.studies} />
        <Figure value={count(storage.instances, language)} says={words.images} />
        <Figure
          value={size(storage.bytes, language)}
          says={limit === null ? words.noLimit : words.ofLimit(size(limit, language))}
        />
      </div>
      {limit !== null && (
        <Bar
          part={share(storage.bytes, limit)}
          tone={tone}
          label={`${size(storage.bytes, language)} ${words.ofLimit(size(limit, language))}`}
        />
      )}
      <p className="quiet">
        {[
          storage.retention_years === null ? words.forGood : words.years(String(storage.retention_years)),
          words.holds(count(storage.holds, language)),
          words.waiting(count(storage.quarantined, language)),
        ].join(' · ')}
      </p>
    </div>
  )
}

function Figure({ value, says }: { value: string; says: string }) {
  return (
    <div className="figure">
      <strong>{value}</strong>
      <span className="quiet">{says}</span>
    </div>
  )
}

function Scrubbing() {
  const words = useWords({ nl, en })
  const { language } = useLanguage()
  const { data } = useScrub()
  if (data === undefined) return null
  const state = data.paused ? words.scrubPaused : data.running ? words.scrubRunning : words.scrubIdle
  const resting = !data.running && data.ended_at !== null
  const read = resting ? data.packs : data.packs_read
  const far = words.scrubFar(count(read, language), count(data.packs, language))
  return (
    <section data-testid="scrub">
      <header>
        <h2>{words.scrub}</h2>
        <span className="quiet">{words.scrubSays}</span>
      </header>
      <Bar part={share(read, data.packs)} label={far} />
      <p className="quiet">
        {[
          state,
          far,
          data.ended_at === null ? words.scrubNever : words.scrubLast(moment(data.ended_at, language)),
        ].join(' · ')}
      </p>
    </section>
  )
}
