export const nl = {
  purpose: 'Beoordelen over ziekenhuizen heen',
  username: 'Gebruikersnaam',
  password: 'Wachtwoord',
  signIn: 'Aanmelden',
  oidc: (name: string) => `Aanmelden met ${name === '' ? 'uw ziekenhuis' : name}`,
  demo: 'Demonstratie',
  demoSays:
    'Deze mensen, patiënten en beelden zijn verzonnen. Kies wie u bent met een klik of de toets ervoor.',
  otherLanguage: 'English',
}
