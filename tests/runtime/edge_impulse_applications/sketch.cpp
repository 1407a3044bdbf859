// What the Arduino builder makes of a sketch.
#include <Arduino.h>
#include SKETCH

int main() {
    setup();
    loop();
}
