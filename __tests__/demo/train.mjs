// Logistic regression by gradient descent, without any package: `node train.mjs data/machines.csv`.
// Every fifth row is held out. The same data give the same numbers, to the last digit.
import { appendFileSync, readFileSync } from 'node:fs'

const rate = 0.1
const epochs = 1600
const reports = 8

/** Columns as numbers; the last one is what to predict, 0 or 1. */
function readRows(file) {
  const [header, ...lines] = readFileSync(file, 'utf8').trim().split('\n')
  const rows = lines.map((line) => line.split(',').map(Number))
  return {
    names: header.split(','),
    inputs: rows.map((row) => row.slice(0, -1)),
    targets: rows.map((row) => row.at(-1)),
  }
}

/** Mean 0 and deviation 1, by what the training rows show. */
function scaler(rows) {
  const columns = rows[0].map((_, column) => rows.map((row) => row[column]))
  const means = columns.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length)
  const deviations = columns.map((values, column) =>
    Math.sqrt(values.reduce((sum, value) => sum + (value - means[column]) ** 2, 0) / values.length),
  )
  return (row) => row.map((value, column) => (value - means[column]) / deviations[column])
}

/** A constant, the columns, and every product of two of them: what a straight line alone would miss. */
function features(row) {
  const products = row.flatMap((one, index) => row.slice(index).map((other) => one * other))
  return [1, ...row, ...products]
}

const probability = (weights, row) =>
  1 / (1 + Math.exp(-row.reduce((sum, value, index) => sum + value * weights[index], 0)))

/** One step downhill over all rows. Returns the mean cross-entropy before it. */
function step(weights, rows, targets) {
  const gradient = weights.map(() => 0)
  let loss = 0
  rows.forEach((row, index) => {
    const guess = probability(weights, row)
    const target = targets[index]
    loss -= Math.log(Math.max(target === 1 ? guess : 1 - guess, 1e-12))
    row.forEach((value, column) => (gradient[column] += (guess - target) * value))
  })
  gradient.forEach((sum, column) => (weights[column] -= (rate * sum) / rows.length))
  return loss / rows.length
}

const accuracy = (weights, rows, targets) =>
  rows.filter((row, index) => (probability(weights, row) > 0.5 ? 1 : 0) === targets[index]).length /
  rows.length

function split({ inputs, targets }) {
  const pick = (list, held) => list.filter((_, index) => (index % 5 === 4) === held)
  const scale = scaler(pick(inputs, false))
  const part = (held) => ({
    rows: pick(inputs, held).map((row) => features(scale(row))),
    targets: pick(targets, held),
  })
  return { training: part(false), heldOut: part(true) }
}

function train({ rows, targets }) {
  const weights = rows[0].map(() => 0)
  const width = String(epochs).length
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const loss = step(weights, rows, targets)
    const tell = epoch === 1 || epoch % (epochs / reports) === 0
    if (tell) console.log(`epoch ${String(epoch).padStart(width)}  loss ${loss.toFixed(4)}`)
  }
  return weights
}

const [, , file] = process.argv
const table = readRows(file)
const { training, heldOut } = split(table)
console.log(
  `${file}: ${training.rows.length} rows to train on, ${heldOut.rows.length} held out, to predict "${table.names.at(-1)}"`,
)
const weights = train(training)
const most = Math.max(...[0, 1].map((value) => heldOut.targets.filter((target) => target === value).length))
const metric = accuracy(weights, heldOut.rows, heldOut.targets)
console.log(`always the commoner answer  accuracy ${(most / heldOut.rows.length).toFixed(3)}`)
console.log(`this model                  accuracy ${metric.toFixed(3)}`)
if (process.env.GITHUB_OUTPUT) appendFileSync(process.env.GITHUB_OUTPUT, `accuracy=${metric.toFixed(3)}\n`)
