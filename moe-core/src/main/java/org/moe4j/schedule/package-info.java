/**
 * One engine thread a model that serves every call: requests join and leave a running batch. Also
 * what happens between a drawn token and the caller: stop strings, pieces, waiting.
 */
@NullMarked
package org.moe4j.schedule;

import org.jspecify.annotations.NullMarked;
