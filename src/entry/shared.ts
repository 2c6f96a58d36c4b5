// What clouds, forges and verbs have in common is loaded once, with the composition: the bundler copies what a chunk needs into each chunk
// whose loader has not loaded it, and a launch loads one of each.
import '../lib/answers.ts'
import '../lib/http.ts'
import '../lib/network.ts'
import '../lib/pages.ts'
import '../lib/retry.ts'
import '../model/lease.ts'
import '../model/ownership.ts'
import '../model/runner.ts'
