import type { Behaviour, Section } from "../utils/behaviour.js"
import * as Input from "./input.js"
import * as Lists from "./lists.js"
import * as Retry from "./retry.js"
import * as Runs from "./runs.js"
import * as Streams from "./streams.js"

export const sections: ReadonlyArray<Section> = [
  Retry.section,
  Lists.section,
  Streams.section,
  Runs.section,
  Input.section
]

export const behaviours: ReadonlyArray<Behaviour> = sections.flatMap(({ rows }) => rows)
