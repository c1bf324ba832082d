import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import { compete } from "../contestant.js"
import { ours } from "./effect-openai.js"

compete(ours(UndiciHttpClient.layer))
