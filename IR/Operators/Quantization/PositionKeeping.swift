/// An operator whose result has the elements of its 4-axis operands in their places, whatever the
/// layout: it joins their layouts to its own.
package protocol PositionKeeping: Operator {}
