import Sequencer from '@jest/test-sequencer'

/** Minutes by itself. Begun last, it would keep one core idle at the end. */
const longest = /__tests__\/(chaos\/chaos|fuzz\/options|lives\/lives)\.test\.ts$/

/** On a computer that has not run them before, Jest orders tests by the size of their files, which says nothing of how long they take. */
export default class LongFirst extends Sequencer {
  sort(tests) {
    const ordered = super.sort(tests)
    const isLong = ({ path }) => longest.test(path)
    return [...ordered.filter(isLong), ...ordered.filter((test) => !isLong(test))]
  }
}
