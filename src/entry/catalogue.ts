import './shared.ts'
import { clouds } from '../clouds/registry.ts'
import { forges } from '../forges/registry.ts'
import { catalogueOf } from '../options/catalogue.ts'

/** Every option of this program. */
export const catalogue = catalogueOf(clouds, forges)
