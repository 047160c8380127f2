/** The worker of the page: solves virtual populations while the page stays free. */

import { answerPopulations } from "./population.js";

answerPopulations(self);
