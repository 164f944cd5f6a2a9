export const nl = {
  prior: 'EERDER',
  image: (n: number, of: number) => `Beeld ${n}/${of}`,
  series: (number: string) => `Serie ${number}`,
  window: (width: number, centre: number) => `V ${width} N ${centre}`,
  zoom: (zoom: number) => `×${zoom.toLocaleString('nl-NL', { minimumFractionDigits: 2 })}`,
  inverted: 'omgekeerd',
  noPlane: 'Kies een eerder onderzoek in de tijdlijn.',
  noImages: 'Dit onderzoek heeft geen beelden.',
  loading: 'Beelden ophalen…',
  failed: 'Dit beeld kan niet worden getoond.',
  current: 'Huidig onderzoek',
  priorStudy: 'Eerder onderzoek',
  seriesOf: 'Series',
  tools: 'Gereedschap',
  tool: {
    WindowLevel: 'Venster',
    Zoom: 'Vergroten',
    Pan: 'Schuiven',
    Length: 'Lengte',
    EllipticalROI: 'Ellips',
  },
  link: 'Samen bladeren',
  layout: 'Indeling',
  presets: 'Venster',
  preset: { own: 'eigen', brain: 'hersenen', subdural: 'subduraal', bone: 'bot', lung: 'long', soft: 'weke delen' },
  invert: 'Omkeren',
  reset: 'Herstellen',
  cursor: (placed: number) =>
    placed === 0
      ? 'Richtpunt: pijlen schuiven, ↵ zet het eerste punt, Esc stopt'
      : 'Richtpunt: ↵ zet het tweede punt, Esc stopt',
}
