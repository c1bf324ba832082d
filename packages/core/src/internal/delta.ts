import * as Tolerant from "../Tolerant.js"
import { described } from "./described.js"
import { Integer } from "./integer.js"

/** Where a delta belongs in a list. */
export const index = (list: string) =>
  Tolerant.unlimited(Integer.pipe(described(`The place in the ${list}, from 0, that this is a part of.`)))
