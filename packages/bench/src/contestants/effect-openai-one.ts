/** Our client in a program that imports one resource. */
import * as Assistants from "@effect-openai/client/Assistants"
import { compete } from "../contestant.js"
import { growth } from "./growth.js"

compete(growth(Assistants.retrieve))
