import type { Check } from '../../model/check.ts'
import type { Project } from './answers.ts'

/** What keeps the jobs of a project from its runners, or lets strangers' jobs on them. */
export function* checkProject(
  { archived, pipelines, isPublic, runsForks }: Project,
  text: string,
): Iterable<Check> {
  const what = `project ${text}`
  if (archived)
    yield { what, verdict: 'bad', said: 'it is archived: none of its jobs runs', fix: 'give another `repo`.' }
  else yield { what, verdict: 'good', said: 'it is not archived' }
  yield checkPipelines(pipelines, text)
  if (isPublic) yield checkForks(runsForks)
}

function checkPipelines(level: string | undefined, text: string): Check {
  const what = `CI/CD of ${text}`
  if (level === undefined) return { what, verdict: 'unknown', said: 'this server does not tell it' }
  if (level !== 'disabled') return { what, verdict: 'good', said: 'it is switched on' }
  const fix = 'switch it on: Settings > General > Visibility, project features, permissions > CI/CD.'
  return { what, verdict: 'bad', said: 'it is switched off: no job runs', fix }
}

/** Jobs of a fork run at the fork, until a member has the pipeline of its merge request run here. */
function checkForks(runsForks: boolean | undefined): Check {
  const what = 'merge requests from forks'
  if (runsForks === false)
    return { what, verdict: 'good', said: 'the project is public, and their code never runs here' }
  return {
    what,
    verdict: 'unknown',
    said: 'the project is public, and a member who runs the pipeline of one runs its code on these machines',
    fix: 'read the code first, or switch it off: glab api --method PUT projects/:id --field ci_allow_fork_pipelines_to_run_in_parent_project=false',
  }
}
