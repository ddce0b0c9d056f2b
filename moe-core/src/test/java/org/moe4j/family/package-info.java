/**
 * Tests of the families' mappings, against the reference implementation's answers and against
 * contradicting files.
 */
@NullMarked
package org.moe4j.family;

import org.jspecify.annotations.NullMarked;
