import"./chunk-DFC5DIBX.js";import"./chunk-OBJHGLAL.js";import"./chunk-FSRPMVAS.js";
