// Makes machines.csv, so that nobody has to ask whose data it is: `node __tests__/demo/data/make-data.mjs > __tests__/demo/data/machines.csv`.
// Invented machines of an invented factory, and which of them failed within a month. The same numbers on every run.

const rows = 600

/** Mulberry32: a small generator with a seed, which Math.random lacks. */
function generator(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const random = generator(20)
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

function machine() {
  const [heat, shake, age, load] = [normal(), normal(), random() * 2 - 1, normal()]
  // Heat harms old machines most, and shaking harms in both directions from the usual.
  const risk = 2.2 * heat + 2.6 * heat * age + 1.9 * (shake * shake - 1) + 1.2 * load + 1.5 * age - 0.4
  const failed = random() < 1 / (1 + Math.exp(-2 * risk)) ? 1 : 0
  const columns = [
    (61 + 9 * heat).toFixed(1),
    (2.4 + 0.5 * shake).toFixed(2),
    (6 + 5 * age).toFixed(1),
    (70 + 12 * load).toFixed(0),
  ]
  return [...columns, failed].join(',')
}

console.log('temperature_c,vibration_mm_s,age_years,load_percent,failed')
for (let row = 0; row < rows; row++) console.log(machine())
