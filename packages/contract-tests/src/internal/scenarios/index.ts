import type { Scenario } from "../../Scenario.js"
import { assistants } from "./assistants.js"

export const all: ReadonlyArray<Scenario> = [...assistants]
