/** A town with its postal code. */
export type Town = readonly [city: string, postalCode: string];

/** What names and addresses of a country are made of. */
export interface Land {
  readonly country: string;
  readonly form: string;
  /** How numbers begin: international, and as people of the country type them; and how many digits follow. */
  readonly phone: readonly [international: string, national: string, digits: number];
  readonly heads: readonly string[];
  readonly trades: readonly string[];
  readonly towns: readonly Town[];
  readonly streets: readonly string[];
  readonly first: readonly string[];
  readonly last: readonly string[];
}

const norway: Land = {
  country: 'NO',
  form: 'AS',
  phone: ['+4722', '22 ', 6],
  heads: [
    'Fjord',
    'Nordlys',
    'Havbris',
    'Storfjell',
    'Bryggen',
    'Solsiden',
    'Viken',
    'Lofot',
    'Trollheim',
    'Jotun',
    'Skagerrak',
    'Elvebakken',
    'Granli',
    'Kystverk',
    'Sørland',
    'Midnattsol',
  ],
  trades: [
    'Bygg',
    'Elektro',
    'Sjømat',
    'Transport',
    'Rør',
    'Maskin',
    'Interiør',
    'Energi',
    'Hage',
    'Mekaniske',
  ],
  towns: [
    ['Oslo', '0161'],
    ['Bergen', '5014'],
    ['Trondheim', '7011'],
    ['Stavanger', '4006'],
    ['Tromsø', '9008'],
    ['Ålesund', '6002'],
    ['Bodø', '8006'],
    ['Drammen', '3015'],
  ],
  streets: [
    'Storgata',
    'Kirkegata',
    'Havnegata',
    'Industriveien',
    'Skolegata',
    'Nedre Torggate',
    'Jernbanegata',
  ],
  first: [
    'Kari',
    'Ola',
    'Ingrid',
    'Lars',
    'Silje',
    'Magnus',
    'Astrid',
    'Sindre',
    'Marte',
    'Håkon',
    'Solveig',
    'Eirik',
  ],
  last: [
    'Hansen',
    'Johansen',
    'Berg',
    'Haugen',
    'Solberg',
    'Lie',
    'Moen',
    'Bakken',
    'Strand',
    'Nygård',
    'Fossum',
    'Dahl',
  ],
};

const sweden: Land = {
  country: 'SE',
  form: 'AB',
  phone: ['+468505', '08-505 ', 5],
  heads: ['Mälar', 'Norrland', 'Skärgård', 'Vasa', 'Björk', 'Tre Kronor', 'Västkust', 'Dala'],
  trades: ['Bygg', 'Verkstad', 'El', 'Livs', 'Trä', 'Logistik', 'Plåt'],
  towns: [
    ['Stockholm', '111 29'],
    ['Göteborg', '411 03'],
    ['Malmö', '211 20'],
    ['Uppsala', '753 20'],
    ['Umeå', '903 26'],
  ],
  streets: ['Storgatan', 'Drottninggatan', 'Hamngatan', 'Verkstadsgatan', 'Kungsgatan'],
  first: ['Anna', 'Erik', 'Maja', 'Gustav', 'Elin', 'Nils', 'Frida', 'Axel'],
  last: ['Andersson', 'Lindqvist', 'Bergström', 'Sjöberg', 'Åkesson', 'Ek', 'Holm'],
};

const germany: Land = {
  country: 'DE',
  form: 'GmbH',
  phone: ['+49403005', '040 3005', 4],
  heads: ['Hansa', 'Elbe', 'Alster', 'Rheinland', 'Nordsee', 'Schwarzwald', 'Berolina'],
  trades: ['Werkzeuge', 'Bau', 'Feinkost', 'Anlagen', 'Textil', 'Technik'],
  towns: [
    ['Hamburg', '20095'],
    ['Bremen', '28195'],
    ['Köln', '50667'],
    ['München', '80331'],
    ['Leipzig', '04109'],
  ],
  streets: ['Hauptstraße', 'Bahnhofstraße', 'Lindenallee', 'Hafenstraße'],
  first: ['Anke', 'Jürgen', 'Katrin', 'Stefan', 'Jana', 'Uwe', 'Lena'],
  last: ['Müller', 'Schröder', 'Weiß', 'Krüger', 'Vogel', 'Brandt'],
};

const britain: Land = {
  country: 'GB',
  form: 'Ltd',
  phone: ['+441134960', '0113 496 0', 3],
  heads: ['Harbour', 'Pennine', 'Albion', 'Thistle', 'Severn', 'Kestrel'],
  trades: ['Supplies', 'Fabrications', 'Foods', 'Marine', 'Joinery', 'Engineering'],
  towns: [
    ['Leeds', 'LS1 4DY'],
    ['Bristol', 'BS1 5TR'],
    ['Aberdeen', 'AB10 1AB'],
    ['Liverpool', 'L3 4AA'],
  ],
  streets: ['High Street', 'Dock Road', 'Station Road', 'Mill Lane'],
  first: ['Emma', 'Oliver', 'Fiona', 'Rhys', 'Zoe', 'Callum'],
  last: ['Taylor', 'Mackenzie', 'Hughes', 'Patel', 'Walker', "O'Brien"],
};

/** Where the demo company sells: at home most of all. */
export const lands: readonly Land[] = [norway, norway, norway, norway, sweden, sweden, germany, britain];

/** What it sells: name, number, unit price, category. */
export const goods: readonly (readonly [name: string, stem: string, price: number, category: string])[] = [
  ['Safety helmet', 'HLM', 249, 'HEAD'],
  ['Ear defenders', 'EAR', 389, 'HEAD'],
  ['Safety glasses', 'GLS', 129, 'HEAD'],
  ['Welding visor', 'WLD', 1290, 'HEAD'],
  ['Rain jacket', 'RJK', 899, 'CLOTHING'],
  ['Winter parka', 'WPK', 1849, 'CLOTHING'],
  ['Work trousers', 'TRS', 749, 'CLOTHING'],
  ['High-visibility vest', 'VST', 119, 'CLOTHING'],
  ['Wool base layer', 'WBL', 599, 'CLOTHING'],
  ['Work gloves', 'GLV', 79, 'HANDS'],
  ['Chemical gloves', 'CGL', 189, 'HANDS'],
  ['Safety boots', 'BTS', 1399, 'FEET'],
  ['Wellingtons', 'WLT', 549, 'FEET'],
  ['Fall-arrest harness', 'HRN', 2190, 'HEIGHT'],
  ['Lanyard', 'LNY', 690, 'HEIGHT'],
  ['First-aid kit', 'AID', 459, 'SITE'],
  ['Fire extinguisher', 'FEX', 799, 'SITE'],
  ['Traffic cone', 'CON', 99, 'SITE'],
  ['Work light', 'LGT', 1150, 'SITE'],
  ['Cable drum', 'CBL', 940, 'SITE'],
];

/** Variants of the goods; `WINTER 40`. */
export const variants = [
  'Basic',
  'Plus',
  'Pro',
  'S',
  'M',
  'L',
  'XL',
  'Blue',
  'Red',
  'Orange',
  'Arctic',
] as const;

/** The people who sell: name and title. */
export const sellers: readonly (readonly [name: string, title: string])[] = [
  ['Nora Lindahl', 'Head of Sales'],
  ['Tobias Myhre', 'Account Manager'],
  ['Camilla Rønning', 'Account Manager'],
  ['Jonas Eide', 'Account Manager'],
  ['Sofie Aune', 'Key Account Manager'],
  ['Henrik Falk', 'Account Manager'],
  ['Ida Sandvik', 'Inside Sales'],
  ['Petter Løken', 'Inside Sales'],
  ['Greta Norén', 'Account Manager Sweden'],
  ['Klaus Behrens', 'Account Manager Germany'],
  ['Ruth Ellis', 'Account Manager UK'],
  ['Amir Rahimi', 'Inside Sales'],
];
