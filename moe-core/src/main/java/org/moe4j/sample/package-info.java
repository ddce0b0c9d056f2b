/**
 * From logits to the next token, as {@link org.moe4j.Sampling} specifies. Called by the scheduler.
 */
@NullMarked
package org.moe4j.sample;

import org.jspecify.annotations.NullMarked;
