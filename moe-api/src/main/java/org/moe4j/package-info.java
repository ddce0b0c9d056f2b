/**
 * The public API of MoE4J: open a Mixture-of-Experts language model, generate with it, see and
 * control which experts run. Everything here is immutable or says otherwise; nothing of an
 * implementation appears in a signature.
 */
@NullMarked
package org.moe4j;

import org.jspecify.annotations.NullMarked;
