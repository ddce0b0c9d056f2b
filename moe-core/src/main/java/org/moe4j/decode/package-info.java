/**
 * The decoder: one step of any model on any device, and the state of sequences. Knows neither
 * families nor devices nor requests.
 */
@NullMarked
package org.moe4j.decode;

import org.jspecify.annotations.NullMarked;
