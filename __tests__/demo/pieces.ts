import { rowOf } from '../sides/sides.ts'
import type { CloudSide } from '../sides/cloud-side.ts'
import type { Piece } from './piece.ts'

interface PieceLine {
  /** What somebody with a cloud would write, in this folder: `<cloud>.<this>.yml`. */
  readonly file: string
  /** Loaded late: each brings along what its forge needs. */
  load(): Promise<(cloud: CloudSide) => Piece>
}

/** One for each line of the registry: what is played at a forge. */
const pieces: Readonly<Record<string, PieceLine>> = {
  github: {
    file: 'workflow',
    load: async () => (await import('./workflow-piece.ts')).workflowPiece,
  },
  gitlab: {
    file: 'gitlab-ci',
    load: async () => (await import('./pipeline-piece.ts')).pipelinePiece,
  },
}

/** Throws with the file to add where there is none. */
export function pieceLine(forge: string): PieceLine {
  return rowOf('forge', forge, pieces, {
    purpose: 'show it in the demo',
    file: '__tests__/demo/<name>-piece.ts',
    table: '__tests__/demo/pieces.ts',
  })
}
