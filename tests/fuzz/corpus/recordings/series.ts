@problemName Test
@timeStamps false
@missing false
@univariate false
@dimensions 2
@equalLength true
@seriesLength 3
@classLabel true idle run
@data
1,2,3:4,5,6:idle
1.5,2,?:4,5,6:run
