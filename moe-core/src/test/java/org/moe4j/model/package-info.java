/** Tests of what a model's description tells. */
@NullMarked
package org.moe4j.model;

import org.jspecify.annotations.NullMarked;
