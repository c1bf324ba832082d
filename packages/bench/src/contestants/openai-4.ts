import OpenAI from "openai-4"
import { compete } from "../contestant.js"
import { official, options } from "./openai.js"

compete((baseUrl) => official(new OpenAI(options(baseUrl)), false))
