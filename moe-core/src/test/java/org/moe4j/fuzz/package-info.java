/**
 * Fuzz targets: each reads bytes that nobody trusts. {@code .ci/fuzz} runs them under Jazzer, the
 * tests here replay what it found and what it kept.
 */
@NullMarked
package org.moe4j.fuzz;

import org.jspecify.annotations.NullMarked;
